"""Drivers: control of a machine over its link, one driver per protocol."""
