"""The wristband's door: topics, codecs, screening, pipeline, subscriber."""
