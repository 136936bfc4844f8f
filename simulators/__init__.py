"""Stand-ins that knock on the real doors: a town of bands, a phone network, whole stories.

Everything here is made up: people, numbers, homes. Nothing outside this room imports it except
the command that starts a demonstration.
"""
