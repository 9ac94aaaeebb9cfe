"""Looking at a machine closely: probing it, and recording what it sends."""
