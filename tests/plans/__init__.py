"""Plans over weeks: reading, the built-in ones, progress, and lives under them."""
