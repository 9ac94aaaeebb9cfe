"""The web page: an MQTT client in a process of its own, on Starlette and uvicorn.

It reads what the bridge publishes and sends commands to the topics anybody else uses. Nothing here
imports the configuration or pydantic: the process stays below 40 MB, which a small computer has.
The command `treadmill-bridge dashboard` reads the configuration and hands over plain `Settings`.
"""
