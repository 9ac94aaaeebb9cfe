"""The MQTT side of the bridge: topics, payloads, commands coming in, and the connection."""
