"""Persistent history: sessions, exposure, pain, rest, shoes and learned machines."""
