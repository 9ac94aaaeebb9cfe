"""SQLite file of the history: schema, writer thread, retention and upkeep."""
