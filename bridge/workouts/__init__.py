"""Structured workouts: one model, readers for other formats, a dry run, and a player."""
