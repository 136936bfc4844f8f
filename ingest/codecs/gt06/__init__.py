"""GT06 (Concox and clones): binary frames between 78 78 and 0D 0A. Pure."""

from ingest.codecs.gt06.codec import GT06, Gt06Codec, Gt06Session

__all__ = ["GT06", "Gt06Codec", "Gt06Session"]
