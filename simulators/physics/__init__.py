"""Physics of the simulated machine: belt, incline, runner, console."""
