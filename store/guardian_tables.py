"""Tables of this subject; see store/schema.py."""
