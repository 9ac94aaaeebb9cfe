"""Bridges an FTMS treadmill to MQTT and keeps every command within safe limits."""
