"""Where is this person, really? Pure judgement: fixes and zones in, beliefs and changes out."""
