"""The Fitness Machine Service 1.0.1: one module per characteristic, and the control procedure."""
