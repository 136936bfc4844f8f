"""Where should we look? Search probability and sectors; nothing is built here yet."""
