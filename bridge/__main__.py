"""Entry point of `treadmill-bridge` and of `python -m bridge`."""

import signal


def main() -> None:
    """Run the command; while it loads, Ctrl-C ends the process at once and without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bridge import cli  # noqa: PLC0415 - loads click

    cli.main(prog_name=cli.NAME)


if __name__ == "__main__":
    main()
