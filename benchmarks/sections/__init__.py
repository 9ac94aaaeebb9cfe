"""The sections of the table: each yields its rows."""
