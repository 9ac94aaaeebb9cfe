"""Commands that examine a machine, and record or replay its frames."""
