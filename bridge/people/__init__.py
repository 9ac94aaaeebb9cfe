"""People who use the treadmill: limits, exposure, rest, hints."""
