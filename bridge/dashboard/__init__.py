"""The web page: an MQTT client in its own process, on Starlette and uvicorn.

It reads the bridge's topics and sends commands to the same topics as any other client. It imports
neither the configuration nor pydantic, so that the process stays below 40 MB on a small computer.
`treadmill-bridge dashboard` reads the configuration and passes plain `Settings`.
"""
