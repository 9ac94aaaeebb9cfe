"""State of one person under guard: limits, session, rest and past."""
