"""Tables of the configuration file, one module each."""
