"""The engine: what is asked of a running belt, what it does, and where it is expected to be."""
