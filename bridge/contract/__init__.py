"""The MQTT contract: topics, payloads, command parser, and AsyncAPI description."""
