"""What outlives the process: who ran how long, how steep and in which shoes, and what hurt."""
