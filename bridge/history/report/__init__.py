"""Sums over sessions, and the report made of them."""
