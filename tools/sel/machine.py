# SPDX-License-Identifier: BSD-2-Clause
"""The QEMU process of a run: found, checked, started, and certainly ended.

The machine line itself comes from the build (run.json); this module adds the wires.
QEMU is in a process group of its own and gets a signal from the kernel when sel dies.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sel.errors import BadEnvironment, os_error_sentence

OLDEST_QEMU = (7, 2)
PROGRAM = "qemu-system-aarch64"
_PR_SET_PDEATHSIG = 1
#: Bytes of a Unix socket's address, with the final zero (unix(7)).
_SOCKET_PATH_LIMIT = 108
_LIBC = ctypes.CDLL(None, use_errno=True)


def find_qemu() -> str:
    """Return the path of QEMU (SEL_QEMU chooses another one)."""
    chosen = os.environ.get("SEL_QEMU", PROGRAM)
    path = shutil.which(chosen)
    if path is None and "SEL_QEMU" in os.environ:
        raise BadEnvironment(f"SEL_QEMU is '{chosen}', which is no program that can be run; give the path of a {PROGRAM}, or unset SEL_QEMU")
    if path is None:
        raise BadEnvironment(f"{chosen} is not installed; as root run: apt-get install --no-install-recommends qemu-system-arm")
    return path


def qemu_version(path: str) -> tuple[int, int]:
    """Return QEMU's version."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadEnvironment(f"{path} --version does not answer ({error}); {_remedy()}") from None
    match = re.search(r"version (\d+)\.(\d+)", answer.stdout)
    if match is None:
        raise BadEnvironment(f"{path} --version does not tell a version; {_remedy()}")
    return int(match.group(1)), int(match.group(2))


def _remedy() -> str:
    chosen = os.environ.get("SEL_QEMU")
    return "reinstall the package qemu-system-arm" if chosen is None else f"SEL_QEMU is '{chosen}': give the path of a {PROGRAM}, or unset it"


def checked_qemu() -> str:
    """Return the path of a QEMU that is new enough."""
    path = find_qemu()
    version = qemu_version(path)
    if version < OLDEST_QEMU:
        have, need = (".".join(map(str, v)) for v in (version, OLDEST_QEMU))
        raise BadEnvironment(
            f"{path} is version {have}, too old: {need} or later is needed; Debian 12 and 13 have one in "
            "the package qemu-system-arm (or name another with SEL_QEMU)"
        )
    return path


@dataclass(frozen=True)
class GdbPort:
    """Where QEMU waits for a debugger."""

    socket: Path

    def arguments(self) -> list[str]:
        """Return the QEMU arguments that open the port and hold the machine."""
        return ["-S", "-chardev", f"socket,path={self.socket},server=on,wait=off,id=gdb0", "-gdb", "chardev:gdb0"]

    def wait_until_open(self, qemu: subprocess.Popen[bytes]) -> None:
        """Return when QEMU has made its end of the port, or has ended: before that gdb finds nothing to attach to."""
        while not self.socket.exists() and qemu.poll() is None:
            time.sleep(0.05)


def socket_path(run_folder: Path, name: str) -> Path:
    """Return a place for a socket in the run's folder, or in a short new folder when that path is too long."""
    path = run_folder / name
    return path if len(os.fsencode(path)) < _SOCKET_PATH_LIMIT else Path(tempfile.mkdtemp(prefix=f"sel-{name}-")) / name


def remove_socket(path: Path, run_folder: Path) -> None:
    """Remove it, and its folder if that was made for it."""
    path.unlink(missing_ok=True)
    if path.parent != run_folder:
        path.parent.rmdir()


def command_line(qemu: str, machine: list[str], image: Path, gdb: GdbPort | None = None, monitor: Path | None = None) -> list[str]:
    """Return the whole QEMU command; the serial line is standard input and output, `monitor` a socket where QEMU can be asked."""
    serial = [] if "-serial" in machine else ["-serial", "stdio"]
    asked = [] if monitor is None else ["-qmp", f"unix:{str(monitor).replace(',', ',,')},server=on,wait=off"]
    return [qemu, *machine, *serial, "-kernel", str(image), *(gdb.arguments() if gdb else []), *asked]


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Machine:
    """A running QEMU: its serial line as two pipes, its complaints in a file."""

    def __init__(self, command: list[str], complaints: Path) -> None:
        self.complaints = complaints
        try:
            with complaints.open("wb") as errors:
                self.process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0,
                    start_new_session=True, preexec_fn=_die_with_parent,
                )
        except OSError as error:
            raise os_error_sentence(error, f"cannot start {command[0]}") from None
        assert self.process.stdin is not None and self.process.stdout is not None
        self.input: BinaryIO = self.process.stdin
        self.output: BinaryIO = self.process.stdout
        os.set_blocking(self.input.fileno(), False)
        os.set_blocking(self.output.fileno(), False)

    def exit_sentence(self) -> str | None:
        """Say how QEMU ended badly, or None when it ended as a machine that was switched off."""
        code = self.process.wait()
        if code == 0:
            return None
        complaints = self.complaints.read_text(encoding="utf-8", errors="replace").strip()
        said = f": {complaints.splitlines()[-1]}" if complaints else " without a word"
        if code < 0:
            return f"QEMU was ended by {signal.Signals(-code).name}{said}"
        return f"QEMU ended with code {code}{said}"

    def kill(self) -> None:
        """End QEMU and whatever it started."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for stream in (self.input, self.output):
            with contextlib.suppress(OSError):
                stream.close()
