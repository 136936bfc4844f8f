"""Routes, one file per subject. Each route declares who may call it."""
