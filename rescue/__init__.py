"""Where should we look? Rings so far; search probability and sectors are to come."""
