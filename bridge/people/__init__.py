"""Who uses the treadmill: limits, exposure, rest, hints."""
