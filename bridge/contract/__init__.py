"""The MQTT contract: topics, payloads, the parser of commands, and its AsyncAPI description."""
