"""Entry point of `treadmill-bridge` and of `python -m bridge`."""

import os
import signal
import sys


def main() -> None:
    """Run the command; while it loads, Ctrl-C ends the process at once and without a word.

    Before this call, while Python itself starts, Ctrl-C may print a traceback.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _open_streams()
    from bridge import cli  # noqa: PLC0415 - loads click

    cli.main(prog_name=cli.NAME)


def _open_streams() -> None:
    """Open standard streams that the parent closed, to nowhere.

    Otherwise the next file to open, such as the history, would take their place.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            try:
                nowhere = os.open(os.devnull, os.O_RDWR)
            except OSError:
                return
            os.set_inheritable(nowhere, True)
            setattr(sys, name, open(nowhere, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


if __name__ == "__main__":
    main()
