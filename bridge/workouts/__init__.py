"""Structured workouts: one model, readers of other formats, a dry run, and a player."""
