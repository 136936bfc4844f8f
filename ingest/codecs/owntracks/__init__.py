"""OwnTracks JSON over MQTT: any phone with that app is a band. Pure."""

from ingest.codecs.owntracks.codec import BY_HAND, decode, doubting_the_map, read

__all__ = ["BY_HAND", "decode", "doubting_the_map", "read"]
