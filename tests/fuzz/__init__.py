"""The codec under mutated frames: nothing but documented errors, and what is read is writable."""
