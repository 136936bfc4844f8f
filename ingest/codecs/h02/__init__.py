"""H02: sentences between * and #, and a binary form. Pure."""

from ingest.codecs.h02.codec import H02, H02Codec, H02Session

__all__ = ["H02", "H02Codec", "H02Session"]
