# SPDX-License-Identifier: BSD-2-Clause
"""Runs each test guest on bare QEMU and as a guest of the VMM and compares the traces."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import build  # noqa: E402
from sel.machine import find_qemu, qemu_version  # noqa: E402

ROOT = build.HERE.parent.parent
# Wall-clock limits only end what hangs; no result depends on them.
BARE_LIMIT = 240
VMM_LIMIT = 600

BARE_TRACES: dict[str, list[str]] = {}

# Target time at the start of each line of a console's log.
STAMP = re.compile(r"^\[ *[0-9.]+\] ")

# What is typed, after which line of the trace; texts as `./sel run --send` writes them.
TYPED: dict[str, list[tuple[str, str]]] = {
    "uart_receive": [("ready\\r?\\n", "hello\\r"), ("ready again\\r?\\n", "0123456789abcdef0123456789\\r")],
    "uart_polled": [("ready\\r?\\n", "go\\r")],
    "reset": [("ready\\r?\\n", "q")],
}

#: What bare QEMU does otherwise from 9.0 on, by the beginnings of entries (a line of the trace and the indented ones below): the VMM is held to the older one there, and
#: on a newer one these are not compared (tried with 10.0). Registers of the debug communication channel are there; the distributor has 32 lines more; an unaligned access to
#: Device memory is an alignment fault, as the architecture has it; and a pair of words stored to a device is one access.
_SWEEPS = ("reset 4 ", "ones 4 ", "zeroes 4 ", "doublewords 4 ", "bytes 4 ", "halfwords 4 ", "unaligned ")
OTHERWISE: dict[str, tuple[str, ...]] = {
    "aborts": ("across the end of RAM ",), "debug": ("osdtrrx ", "dbgdtr ", "claim ", "authstatus ", "oseccr "), "gicd_sweep": _SWEEPS, "gicr_sweep": ("unaligned ",),
    "pl031": ("unaligned word ",),
    "uart_registers": ("unaligned ", "double write "), "undecoded": ("stp ", "str wzr, "),
}
OTHERWISE_SINCE = (9, 0)


def compared(name: str, trace: list[str]) -> list[str]:
    """The entries of a guest's trace in which the QEMU that is there does what the VMM is held to."""
    if qemu_version(find_qemu()) < OTHERWISE_SINCE or name not in OTHERWISE:
        return trace
    entries: list[list[str]] = []
    for line in trace:
        if line.startswith(" ") and entries:
            entries[-1].append(line)
        else:
            entries.append([line])
    kept = [entry for entry in entries if not entry[0].startswith(OTHERWISE[name])]
    assert len(kept) >= len(entries) // 2, "most of this trace is left out"
    return [line for entry in kept for line in entry]


def lines_of(text: str) -> list[str]:
    """A trace's lines up to "end"."""
    lines = text.replace("\r", "").split("\n")
    return lines[: lines.index("end") + 1] if "end" in lines else lines


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder the guests' images are built in."""
    return tmp_path_factory.mktemp("guests")


def run_bare(name: str, images: Path) -> list[str]:
    """The guest's trace on bare QEMU, run once a worker."""
    if name in BARE_TRACES:
        return BARE_TRACES[name]
    command = build.bare_command(build.build(name, images))
    child = pexpect.spawn(command[0], command[1:], timeout=BARE_LIMIT, encoding="utf-8", echo=False)
    seen = ""
    for pattern, text in TYPED.get(name, []):
        child.expect(pattern)
        seen += child.before + child.after
        child.send(text.encode().decode("unicode_escape"))
    child.expect(pexpect.EOF)
    BARE_TRACES[name] = lines_of(seen + child.before)
    return BARE_TRACES[name]


def run_script(image: Path, script: list[str]) -> list[str]:
    """Run `image` by `./sel run --guest` with a script; the guest's trace from its console's log."""
    return lines_of(guest_log(image, script))


def guest_log(image: Path, script: list[str]) -> str:
    """The same; all that is in the log."""
    command = [str(ROOT / "sel"), "run", "--guest", str(image), "--memory", "512M", "--timeout", str(VMM_LIMIT), *script]
    return console_log(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=VMM_LIMIT + 60, check=False), "guest")


def console_log(run: subprocess.CompletedProcess[str], console: str) -> str:
    """What a console said in a run of `./sel run`, which has to have ended well, without the times."""
    last = run.stdout.strip().splitlines()[-1] if run.stdout.strip() else ""
    assert run.returncode == 0, f"{last}\n{run.stdout[-3000:]}\n{run.stderr[-2000:]}"
    log = Path(dict(item.split("=", 1) for item in last.removeprefix("sel: ").split())["log"])
    text = (log / f"{console}.log").read_text(encoding="utf-8", errors="replace")
    return "\n".join(STAMP.sub("", line) for line in text.split("\n"))


def run_as_guest(name: str, images: Path) -> list[str]:
    """The guest's trace under the VMM."""
    image = images / "guest.img"
    shutil.copyfile(build.build(name, images), image)  # one path a worker: the system around it is built once
    script = []
    for pattern, text in TYPED.get(name, []):
        script += ["--expect", "guest:" + pattern, "--send", "guest:" + text + "\\c"]
    return run_script(image, [*script, "--expect", "guest:(^|\\n)end\\n"])


def expected_trace(name: str, images: Path) -> list[str]:
    """Bare QEMU's trace, or the guest's `expected` file where bare QEMU cannot know."""
    file = build.HERE / name / "expected"
    return lines_of(file.read_text(encoding="utf-8")) if file.exists() else run_bare(name, images)


@pytest.mark.parametrize("name", build.names())
def test_bare_reaches_its_end(name: str, images: Path) -> None:
    """Every guest ends by itself on bare QEMU (one with `expected` only has to be built)."""
    if (build.HERE / name / "expected").exists():
        assert build.build(name, images).stat().st_size > 0
        return
    assert run_bare(name, images)[-1] == "end"


@pytest.mark.parametrize("name", build.names())
def test_guest_traces_match(name: str, images: Path) -> None:
    """The trace under the VMM is the one of bare QEMU."""
    assert compared(name, run_as_guest(name, images)) == compared(name, expected_trace(name, images))


def test_a_guest_that_is_off_runs_no_more(images: Path) -> None:
    """SYSTEM_OFF does not return: its VMM tells the end, and the guest says nothing behind its own."""
    image = images / "guest.img"
    shutil.copyfile(build.build("entry", images), image)
    log = guest_log(image, ["--expect", "guest:(^|\\n)end\\n", "--expect", "kernel:roottask: guest guest powered off"])
    assert "\nend\n" in log and "still on" not in log


def test_reset_starts_as_new(images: Path) -> None:
    """After SYSTEM_RESET under the VMM the guest finds what it found at first."""
    image = images / "guest.img"
    shutil.copyfile(build.build("reset", images), image)
    ready = "guest:ready\\n"
    script = ["--expect", ready, "--send", "guest:r\\c", "--expect", ready, "--send", "guest:q\\c", "--expect", "guest:(^|\\n)end\\n"]
    trace = run_script(image, script)
    half = trace.index("ready") + 1
    assert trace[half : 2 * half] == trace[:half]
    assert trace[2 * half :] == ["end"]
