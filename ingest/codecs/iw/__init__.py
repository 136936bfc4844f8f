"""IW, many 4G elder watches: sentences between IWAP and #. Pure."""

from ingest.codecs.iw.codec import IW, IWCodec

__all__ = ["IW", "IWCodec"]
