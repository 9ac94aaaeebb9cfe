"""Give the kernel a controller that lives behind TCP: /dev/vhci here, HCI (H4) there.

Run: dongle.py HOST PORT
"""

import os
import select
import socket
import sys
from collections.abc import Callable

HEADERS: dict[int, tuple[int, Callable[[bytes], int]]] = {
    2: (5, lambda b: b[3] | b[4] << 8),
    3: (4, lambda b: b[3]),
    4: (3, lambda b: b[2]),
    5: (5, lambda b: (b[3] | b[4] << 8) & 0x3FFF),
}
"""For each type of packet, the octets of its header, and the length that the header names."""


def main(host: str, port: int) -> None:
    air = socket.create_connection((host, port))
    air.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    kernel = os.open("/dev/vhci", os.O_RDWR)
    os.write(kernel, b"\xff\x00")  # make a primary controller
    waiting = b""
    while True:
        for ready in select.select([air.fileno(), kernel], [], [])[0]:
            if ready is kernel:
                packet = os.read(kernel, 4096)
                if packet[0] != 0xFF:  # the answer to the request above
                    air.sendall(packet)
                continue
            received = air.recv(65536)
            if not received:
                sys.exit("the air is gone")
            waiting += received
            while packet := first(waiting):
                waiting = waiting[len(packet) :]
                try:
                    os.write(kernel, packet)
                except OSError as error:  # the interface is down
                    print(error, flush=True)


def first(waiting: bytes) -> bytes:
    """Return the first whole packet, or nothing."""
    if not waiting:
        return b""
    header, length = HEADERS[waiting[0]]
    if len(waiting) < header or len(waiting) < header + length(waiting):
        return b""
    return waiting[: header + length(waiting)]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
