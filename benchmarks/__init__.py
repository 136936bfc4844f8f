"""Ratios against named limits, by one command each; they may import anything."""
