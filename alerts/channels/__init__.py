"""Hands that reach people: one file a provider."""
