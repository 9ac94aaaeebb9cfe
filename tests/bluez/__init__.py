"""The installed bridge on real BlueZ: Debian with systemd in a virtual machine, see guest/.

Left out unless `make test-bluez` asks for it: a guest in software emulation takes minutes.
"""
