# SPDX-License-Identifier: BSD-2-Clause
"""Runs of systems under QEMU, each once for all the cases made of it.

The workers of pytest-xdist share a run through a file: the first one that needs it boots the
system, the others wait for its lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

from icount.measure import DETERMINISTIC  # noqa: E402
from introspect.built import Files  # noqa: E402
from introspect.watch import Watch  # noqa: E402
from sel.console import ConsoleDemux  # noqa: E402

RUN_TIMEOUT_S = 300


@dataclass(frozen=True)
class Run:
    """A finished `./sel run`: exit code, all it printed, and the directory of its logs."""

    code: int
    output: str

    @property
    def logs(self) -> Path:
        """The run's directory."""
        match = re.search(r"^sel: result=\S+ log=(\S+)$", self.output, re.MULTILINE)
        assert match is not None, f"no result line of sel:\n{self.output[-2000:]}"
        return Path(match.group(1))

    def console(self, name: str) -> str:
        """What one console showed, time stamps cut off."""
        log = self.logs / f"{name}.log"
        assert log.is_file(), f"console {name} has no log in {self.logs}"
        text = log.read_text(encoding="utf-8", errors="replace")
        return re.sub(r"^\[ *[0-9.]+\] ", "", text, flags=re.MULTILINE)


def sel_run(spec: Path, *arguments: str, preset: str = "test") -> Run:
    """Boot a system by ./sel run and return what came of it."""
    command = [str(ROOT / "sel"), "run", str(spec), "--preset", preset, "--timeout", str(RUN_TIMEOUT_S), *arguments]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=10 * RUN_TIMEOUT_S)
    return Run(done.returncode, done.stdout + done.stderr)


def build(spec: Path, preset: str = "test") -> Path:
    """Build a system by ./sel build and return its folder."""
    done = subprocess.run([str(ROOT / "sel"), "build", str(spec), "--preset", preset], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=10 * RUN_TIMEOUT_S)
    match = re.search(r"^sel: result=ok log=(\S+)$", done.stdout, re.MULTILINE)
    assert match is not None, done.stdout[-3000:] + done.stderr[-1000:]
    return Path(match.group(1)).parent


def boot(machine: list[str], image: Path, until: str, extra: tuple[str, ...] = (), built: Path | None = None) -> str:
    """Boot an image with time counted in instructions, until a text appears; return the text of all consoles, line by line.

    Such a run is the same every time, whatever else the host does. A text that does not come ends in who waits for whom then, for the case's message; `built`: the
    folder of its build, if the image is not there.
    """
    with tempfile.TemporaryDirectory(prefix="selvedge-") as folder:
        socket = Path(folder) / "monitor"
        command = ["qemu-system-aarch64", *machine, *DETERMINISTIC, *extra, "-serial", "stdio", "-kernel", str(image), "-qmp", f"unix:{socket},server=on,wait=off"]
        return _boot(command, until, Watch(Files(built or image.parent, ROOT), socket, Path(folder) / "state.txt"))


def _boot(command: list[str], until: str, watch: Watch) -> str:
    stop = time.monotonic() + RUN_TIMEOUT_S
    output = b""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        while time.monotonic() < stop and process.poll() is None and not re.search(until, text_of(output)):
            select.select([process.stdout], [], [], 1.0)
            output += process.stdout.read() or b""
        output += process.stdout.read() or b""
        seen = "" if re.search(until, text_of(output)) or process.poll() is not None else f"\n{until!r} did not come; {watch.seen(process.stdout.read)}"
        process.kill()
    return text_of(output) + seen


def text_of(raw: bytes) -> str:
    """The stream of the UART as text, each channel's text in one piece."""
    channels: dict[int, bytearray] = {}
    for piece in ConsoleDemux().feed(raw):
        channels.setdefault(piece.channel, bytearray()).extend(piece.data)
    return "\n".join(channels[number].decode("utf-8", errors="replace").replace("\r", "") for number in sorted(channels))


@pytest.fixture(scope="session")
def run_once(tmp_path_factory: pytest.TempPathFactory):
    """`run_once(name, spec, until, preset)`: what the consoles showed, booted once in the whole session."""
    unique = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")
    shared = Path(tempfile.gettempdir()) / f"selvedge-system-{unique}"
    shared.mkdir(exist_ok=True)

    def run(name: str, spec: Path, until: str, preset: str = "test") -> str:
        with open(shared / f"{name}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = shared / f"{name}.txt"
            if not result.exists():
                folder = build(spec, preset)
                machine = json.loads((folder / "run.json").read_text(encoding="utf-8"))["machine"]
                result.write_text(boot(machine, folder / "image.bin", until), encoding="utf-8")
            return result.read_text(encoding="utf-8")

    return run
