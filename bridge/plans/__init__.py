"""Plans over weeks: phases with ceilings, progress that pain holds back, and the built-in ones."""
