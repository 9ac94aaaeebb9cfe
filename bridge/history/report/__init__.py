"""Statistics over sessions, and the report."""
