"""The learned machine: lag, rates, resolution, gain, noise, units and statuses."""
