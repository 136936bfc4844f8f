"""Watch (SeTracker family): text frames in brackets. Pure."""

from ingest.codecs.watch.codec import WATCH, WatchCodec, WatchSession

__all__ = ["WATCH", "WatchCodec", "WatchSession"]
