"""Kept runs as those see them who look on: what was sent and what came, the runs that were called, JSON."""
