"""Everything in one process, with no hardware and no configuration: simulator, broker, bridge."""
