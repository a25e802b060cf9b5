# SPDX-License-Identifier: BSD-2-Clause
"""States made by hand, and the system `knot`, booted once a module."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

from introspect.built import Built, Files  # noqa: E402
from introspect.layout import Layout  # noqa: E402
from introspect.model import Capability, Context, Endpoint, Interrupt, Notification, Reply, State, Thread, Timer  # noqa: E402

KNOT = Path(__file__).parent / "knot" / "system.yaml"
#: Addresses of a world's objects are made of what they are and their number.
THREAD, CNODE, ENDPOINT, NOTIFICATION, REPLY, TIMER, CONTEXT = (0x10000 * (each + 1) for each in range(7))

BUILT = Built(
    {"caps": [], "made": [], "name": "world"},
    {
        "faults": {"MEMORY": {"number": 1}, "TIMEOUT": {"number": 4}, "VM_EXIT": {"number": 5}}, "cap_types": {}, "common_fields": [],
        "initial_slots": {}, "syscalls": {"call": {"number": 1}, "wait": {"number": 8}, "yield": {"number": 11}},
        "exits": {"reasons": {"MMIO": 1, "HVC": 3}, "word": [{"name": "reason", "low": 0, "width": 8}, {"name": "is_write", "low": 8, "width": 1}]},
    },
    1000, Layout({}, {}, {"tcb_slot": {"TCB_SLOT_CSPACE": 0, "TCB_SLOT_FAULT": 3, "TCB_SLOT_TIMEOUT": 4}}),
)


class World:
    """A State by names: threads with a CNode each, and objects made when they are first named."""

    def __init__(self) -> None:
        self.state = State(hz=1000, now=100_000)
        self._numbers: dict[str, int] = {}

    def _new(self, base: int, name: str) -> int:
        address = base + self._numbers.setdefault(name, len(self._numbers) + 1)
        self.state.names[address] = name
        return address

    def thread(self, name: str, state: str = "ready", at: str = "", **more: object) -> int:
        """A thread, in `state`, blocked on the endpoint (or, waiting, the notification) `at`; if it sends, in a call."""
        address = self._new(THREAD, name)
        blocked = (self.notification(at) if state == "wait" else self.endpoint(at)) if at else 0
        self.state.threads[address] = Thread(address, state, 10, blocked, is_call=state == "send", cspace=self._new(CNODE, f"{name}.cnode"), **more)  # type: ignore[arg-type]
        return address

    def caller(self, name: str, server: str) -> None:
        """A thread that waits for the answer of another, which is made later."""
        reply = self._new(REPLY, f"{server}.reply")
        self.state.replies[reply] = Reply(reply, self.thread(name, "reply", reply=reply), self._new(THREAD, server))

    def endpoint(self, name: str) -> int:
        """An endpoint."""
        address = self._new(ENDPOINT, name)
        self.state.endpoints.setdefault(address, Endpoint(address))
        return address

    def notification(self, name: str, timer_at: int | None = None, intid: int | None = None, pending: int = 0) -> int:
        """A notification, with a timer set to a time or an interrupt bound to it."""
        address = self._new(NOTIFICATION, name)
        timers: tuple[int, ...] = ()
        if timer_at is not None:
            timers = (self._new(TIMER, f"{name}.timer"),)
            self.state.timers[timers[0]] = Timer(timers[0], timer_at, address)
        if intid is not None:
            self.state.interrupts[intid] = Interrupt(intid, address)
        if address not in self.state.notifications or timers or pending:
            self.state.notifications[address] = Notification(address, pending, timers=timers)
        return address

    def gives(self, holder: str, right: str, endpoint: str = "", notification: str = "") -> None:
        """`holder` has a capability of an object with that right."""
        named = self.endpoint(endpoint) if endpoint else self.notification(notification)
        cnode = self._new(CNODE, f"{holder}.cnode")
        count = len(self.state.capabilities)
        self.state.capabilities.append(Capability(0x900000 + 32 * count, cnode, count + 1, "ENDPOINT" if endpoint else "NOTIFICATION", named, (right,)))

    def serves(self, server: str, endpoint: str, *clients: str) -> None:
        """`server` may receive there, the clients may send."""
        self.gives(server, "READ", endpoint)
        for client in clients:
            self.gives(client, "WRITE", endpoint)

    def context(self, thread: str, **fields: object) -> None:
        """A context that the thread runs on."""
        address, owner = self._new(CONTEXT, f"{thread}.context"), self._new(THREAD, thread)
        self.state.contexts[address] = Context(address, thread=owner, **fields)  # type: ignore[arg-type]
        self.state.threads[owner] = replace(self.state.threads[owner], context=address)


@pytest.fixture
def world() -> World:
    """An empty one."""
    return World()


@dataclass(frozen=True)
class Booted:
    """A machine that runs, its monitor's socket, its console's raw text, and what was built."""

    build: Path
    socket: Path
    console: Path
    files: Files


def build(spec: Path, preset: str) -> Path:
    """Build a system by ./sel build and return its folder."""
    done = subprocess.run([str(ROOT / "sel"), "build", str(spec), "--preset", preset], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    return Path(done.stdout.splitlines()[-1].partition("log=")[2]).parent


def boot(spec: Path, preset: str, folder: Path, until: bytes) -> Iterator[Booted]:
    """Boot a system and wait for a text on its consoles; the machine goes on until the generator is closed."""
    built = build(spec, preset)
    run = json.loads((built / "run.json").read_text(encoding="utf-8"))
    console, socket = folder / "console.raw", folder / "monitor"
    command = ["qemu-system-aarch64", *run["machine"], "-serial", f"file:{console}", "-kernel", str(built / "image.bin"), "-qmp", f"unix:{socket},server=on,wait=off"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + 120
            while not (console.exists() and until in console.read_bytes()):
                assert process.poll() is None and time.monotonic() < end, console.read_bytes()[-2000:]
                time.sleep(0.05)
            yield Booted(built, socket, console, Files(built, ROOT))
        finally:
            process.kill()


@pytest.fixture(scope="module")
def knot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    """The knot of the preset test, its client's second call answered: the knot is tied by then."""
    yield from boot(KNOT, "test", tmp_path_factory.mktemp("knot"), b"sent 2, got 3")
