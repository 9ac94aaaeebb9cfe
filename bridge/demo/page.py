"""The demo's dashboard: the process of `treadmill-bridge dashboard`, on loopback."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import replace

from bridge.config import Config, Dashboard
from bridge.dashboard.launch import PROGRAM, missing_extra, settings_of
from bridge.demo.view import View
from bridge.history.store.file import NAME

MORE_PORTS = 100
"""Number of further ports tried if another dashboard uses the default one."""
END_S = 2.0


async def serve_page(config: Config, view: View) -> None:
    """Run the dashboard until cancelled, and print its address; without its extra, print that."""
    if (missing := missing_extra(metrics=False)) is not None:
        view.add_line(f"No dashboard: {missing}.")
        return
    # Ignore the owner's address: the demo is only for this computer.
    settings = settings_of(config.model_copy(update={"dashboard": Dashboard()}), NAME)
    settings = replace(settings, more_ports=MORE_PORTS, ends_with_stdin=True)
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    assert process.stdin is not None  # noqa: S101 - created with a pipe
    assert process.stdout is not None  # noqa: S101
    try:
        with suppress(OSError):
            process.stdin.write(f"{settings.encode()}\n".encode())
            await process.stdin.drain()
        line = (await process.stdout.readline()).decode().strip()
        if line:
            view.add_line(f"{line} (open it in a browser).", "bold")
            view.hint(line)
        await process.wait()
        view.add_line(
            "The dashboard has ended; run treadmill-bridge dashboard to see why.", "yellow"
        )
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    """Terminate the process, and kill it if it does not end."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
