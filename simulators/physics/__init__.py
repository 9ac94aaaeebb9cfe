"""The simulated machine as physics: belt, incline, runner, console."""
