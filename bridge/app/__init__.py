"""The process: one daemon, its logs, its service manager."""
