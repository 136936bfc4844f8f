"""How good are the geofence's decisions? Real tracks, the engine's own door, and simpler rules."""
