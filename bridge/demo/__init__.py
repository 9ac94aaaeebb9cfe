"""The demo: simulator, broker and bridge in one process, without hardware or configuration."""
