"""The daemon's process, its logs, and its interface to the service manager."""
