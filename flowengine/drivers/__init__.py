"""Drivers do what the walker wants; each owns the IO of its world and no rule."""
