"""Handlers of built-in nodes: functions from a wanted computation to an answer."""
