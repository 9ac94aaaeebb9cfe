"""Commands that look at a machine, or record and replay what it sends."""
