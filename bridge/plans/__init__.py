"""Training plans over weeks: phases with ceilings, progress held back by pain, built-in plans."""
