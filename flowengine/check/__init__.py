"""Judges flows: findings and rules; a flow without errors, with the catalogue, becomes a plan."""
