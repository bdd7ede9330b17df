"""Journals: what happened to runs, kept. One contract, in memory and in SQLite."""
