"""The virtual machine: made once, driven by commands over a shared folder.

Run `python -m tests.bluez.virtual_machine` to see whether it is emulated: then it exits with 1.
"""

import asyncio
import itertools
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from tests.bluez.disk import SHARED

BOOT_LIMIT_S = 300.0
COMMAND_LIMIT_S = 120.0
MEMORY_MB = 1024
MASKED = (
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer"),
    *("e2scrub_reap.service", "fstrim.timer", "getty@tty1.service", "systemd-logind.service"),
    *("systemd-udev-trigger.service", "systemd-pstore.service", "kmod-static-nodes.service"),
    *("dev-hugepages.mount", "dev-mqueue.mount", "sys-kernel-debug.mount"),
    *("sys-kernel-tracing.mount", "systemd-machine-id-commit.service"),
)
"""Units of Debian that the guest does not need, and that emulation makes slow."""


def free_port() -> int:
    """A TCP port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accelerated() -> bool:
    """True if the processor can run guests itself; /dev/kvm alone does not prove it."""
    virtual = {"vmx", "svm"} & set(Path("/proc/cpuinfo").read_text().split())
    return bool(virtual) and os.access("/dev/kvm", os.R_OK | os.W_OK)


class Guest:
    """One running virtual machine. An async context manager.

    Args:
        image: where `guest/image` put the disk.
        out: a folder for what the guest writes; console.txt and journal.txt are kept there.
        air_port: the TCP port of the simulated air, outside.
    """

    def __init__(self, image: Path, out: Path, air_port: int) -> None:
        self._image, self._out, self._air_port = image, out, air_port
        self.mqtt_port = free_port()
        self._numbers = itertools.count(1)
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Guest":
        self._out.mkdir(parents=True, exist_ok=True)
        log = (self._out / "console.txt").open("wb")
        self._process = await asyncio.create_subprocess_exec(
            *self._command(), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
        log.close()
        async with asyncio.timeout(BOOT_LIMIT_S):
            while not (self._out / "ready").exists():
                assert self._process.returncode is None, self.console()
                await asyncio.sleep(0.2)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        (self._out / "end").touch()
        try:
            async with asyncio.timeout(60):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def has(self, name: str) -> bool:
        """True if this file lies in the folder that the guest sees as /out."""
        return (self._out / name).exists()

    def console(self) -> str:
        """Output of the guest's console."""
        return (self._out / "console.txt").read_text(errors="replace")

    async def run(self, script: str, *, limit_s: float = COMMAND_LIMIT_S) -> str:
        """Run a script in the guest as root; return what it prints.

        Raises:
            AssertionError: it fails, or does not end within `limit_s` seconds.
        """
        code, output = await self.ended(script, limit_s=limit_s)
        assert code == 0, f"{script!r} ended with {code}:\n{output}"
        return output

    async def ended(self, script: str, *, limit_s: float = COMMAND_LIMIT_S) -> tuple[int, str]:
        """Run a command as above, with any exit code."""
        name = self._out / str(next(self._numbers))
        name.with_suffix(".sh").write_text(script + "\n")
        name.with_suffix(".go").touch()
        async with asyncio.timeout(limit_s):
            while not name.with_suffix(".rc").exists():  # noqa: ASYNC110 - a folder has no event
                await asyncio.sleep(0.05)
        return int(name.with_suffix(".rc").read_text()), name.with_suffix(".out").read_text()

    def _command(self) -> tuple[str, ...]:
        masks = " ".join(f"systemd.mask={unit}" for unit in MASKED)
        append = (
            "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off random.trust_cpu=on"
            f" systemd.show_status=0 systemd.getty_auto=0 net.ifnames=0 {masks}"
        )
        network = (
            "user,model=virtio-net-pci,restrict=on"
            f",guestfwd=tcp:10.0.2.100:7300-cmd:busybox nc 127.0.0.1 {self._air_port}"
            f",hostfwd=tcp:127.0.0.1:{self.mqtt_port}-10.0.2.15:1883"
        )
        disk = f"file={self._image / 'root.squashfs'},if=virtio,format=raw,readonly=on"
        return (
            *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-machine", "q35"),
            *(
                "-accel",
                "kvm" if accelerated() else "tcg,thread=multi",
                "-cpu",
                "max",
                "-smp",
                "2",
                "-m",
                str(MEMORY_MB),
            ),
            *("-no-reboot", "-display", "none", "-serial", "stdio"),
            *("-kernel", str(self._image / "vmlinuz"), "-initrd", str(self._image / "initrd")),
            *("-append", append, "-drive", disk, "-nic", network),
            *("-virtfs", f"local,path={SHARED},mount_tag=guest,security_model=none,readonly=on"),
            *("-virtfs", f"local,path={self._out},mount_tag=out,security_model=none"),
        )


if __name__ == "__main__":
    if not accelerated():
        sys.exit("No hardware virtualisation for this user: the guest is emulated.")
    print("Hardware virtualisation: the processor runs the guest itself.")  # noqa: T201
