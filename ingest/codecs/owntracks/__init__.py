"""OwnTracks JSON over MQTT: any phone with that app is a band. Pure."""

from ingest.codecs.owntracks.codec import decode, read

__all__ = ["decode", "read"]
