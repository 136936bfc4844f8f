"""One file a language that bands speak: bytes in, pings out. Pure."""
