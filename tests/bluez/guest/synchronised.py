"""Set the kernel's clock state to synchronised, as a time service does."""

import ctypes
import struct

STATUS, MAXIMUM_ERROR, ESTIMATED_ERROR = 0x0010, 0x0004, 0x0008
"""Mode to set; the status without any flag is "synchronised". See adjtimex(2)."""
timex = ctypes.create_string_buffer(512)
struct.pack_into("@I4xqqqqi", timex, 0, STATUS | MAXIMUM_ERROR | ESTIMATED_ERROR, 0, 0, 0, 0, 0)
if ctypes.CDLL(None).adjtimex(timex) < 0:
    message = "adjtimex was refused"
    raise SystemExit(message)
