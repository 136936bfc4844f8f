"""JT/T 808, the Chinese national standard: binary frames between 7E and 7E. Pure."""

from ingest.codecs.jt808.codec import JT808, Jt808Codec, Jt808Session, general_answer

__all__ = ["JT808", "Jt808Codec", "Jt808Session", "general_answer"]
