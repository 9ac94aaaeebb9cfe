"""State of one belt under guard: ranges, starts and halts."""
