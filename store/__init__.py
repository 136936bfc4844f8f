"""Memory: the only room that speaks SQL.

Functions take a `Connection`; whoever opened it commits.
"""
