"""The bridge's MQTT client: connection, incoming commands, and outgoing messages."""
