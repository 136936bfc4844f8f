"""Where should we look? (search probability, sectors: not built yet)"""
