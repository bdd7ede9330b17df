"""Recordings: their format, and replaying them."""
