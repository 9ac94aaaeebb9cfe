"""Programs that the bridge is compared with."""
