"""The installed bridge on real BlueZ: Debian with systemd in a virtual machine, see guest/.

Runs only with `make test-bluez`: a guest in software emulation takes minutes.
"""
