"""The nouns everyone uses: places, pings, people, zones, incidents, clock, errors, settings."""
