"""The people's door: pages, the live feed, answers and orders, a provider's callbacks."""
