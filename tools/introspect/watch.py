# SPDX-License-Identifier: BSD-2-Clause
"""Looks into the machine of a run: when asked, when it has failed, and when it makes no progress any more.

Looking is done beside the run's own loop, which goes on reading the machine's output: QEMU answers nothing while that is full. The machine stands still
for some 100 ms meanwhile. What was seen is a file of the run's folder, too.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from introspect import events
from introspect.built import Built, Files
from introspect.model import State
from introspect.qmp import Monitor, MonitorError, monitor
from introspect.reader import TAIL, NotFoundError, read_state
from introspect.sentences import text_of
from introspect.waits import deadlocks, waits_of
from sel import ROOT
from sel.errors import SelError

#: Looks in the time without progress that is waited for.
_LOOKS = 4
_DRAIN_PAUSE_S = 0.01
#: Why a look sees nothing: the machine is gone, the kernel boots, or it was built without debug information.
_ERRORS = (MonitorError, NotFoundError, SelError)


@dataclass(frozen=True)
class Seen:
    """One look: the sentences about it, and what progress is told by."""

    text: str
    circles: frozenset[frozenset[int]] = frozenset()
    used: dict[int, int] = field(default_factory=dict)
    event_count: int = 0
    has_trace: bool = False
    has_switched: bool = False


class Watch:
    """Of one machine, by its monitor's socket; `file` keeps what was seen."""

    def __init__(self, files: Files, socket: Path, file: Path) -> None:
        self._files = files
        self._socket = socket
        self._file = file
        self._shown: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._last_output = time.monotonic()

    def ask(self) -> None:
        """Look; what is seen comes by poll()."""
        threading.Thread(target=lambda: self._shown.put(self._text()), daemon=True).start()

    def poll(self) -> str:
        """What is to be shown now, or nothing."""
        try:
            return self._shown.get_nowait()
        except queue.Empty:
            return ""

    def seen(self, drain: Callable[[], object]) -> str:
        """Look and wait for it; nothing if the machine is not there any more. `drain` takes the machine's output meanwhile."""
        return _beside(lambda: self._quietly(lambda text: text), drain)

    def failed(self, drain: Callable[[], object]) -> str:
        """The same for a run that has failed: deadlocks, and where the rest is kept."""
        return _beside(lambda: self._quietly(self._in_short), drain)

    def _text(self) -> str:
        try:
            seen = self._look(0)
        except _ERRORS as error:
            return f"nobody can tell who waits for whom: {error}"
        self._keep(seen.text)
        return seen.text

    def _quietly(self, told: Callable[[str], str]) -> str:
        try:
            seen = self._look(0)
        except _ERRORS:
            return ""
        self._keep(seen.text)
        return told(seen.text)

    def _in_short(self, text: str) -> str:
        circles = [line for line in text.splitlines() if line.startswith("deadlock: ")]
        return "\n".join([*circles, f"who waits for whom then is in {self._file}"])

    def _keep(self, text: str) -> None:
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(f"{text}\n\n")

    def _look(self, since: int) -> Seen:
        """`since`: events that an earlier look has seen."""
        built = self._files.built
        with monitor(self._socket) as (connection, folder):
            return _seen(connection, folder, built, since)

    def output(self) -> None:
        """A console has said something."""
        self._last_output = time.monotonic()

    def start_watchdog(self, limit_s: float) -> None:
        """Look now and then; show the state once, when there was no progress for so long or a deadlock has stood so long."""
        threading.Thread(target=self._guard, args=(limit_s,), daemon=True).start()

    def stop(self) -> None:
        """The run is over."""
        self._stop.set()

    def _guard(self, limit_s: float) -> None:
        dog = Watchdog(limit_s, time.monotonic())
        while not self._stop.wait(limit_s / _LOOKS):
            try:
                seen = self._look(dog.event_count)
            except (MonitorError, NotFoundError):
                continue
            except SelError as error:
                self._shown.put(f"the watchdog cannot see anything: {error}")
                return
            sentence = dog.take(seen, time.monotonic(), self._last_output)
            if sentence:
                self._keep(f"{sentence}\n{seen.text}")
                self._shown.put(f"{sentence}\n{seen.text}")
                return


@contextmanager
def told(image: Path | None, folder: Path, *kinds: type[Exception]) -> Iterator[list[str]]:
    """Run a machine within this, with the arguments that it gives added to QEMU's: an error of these kinds, of one argument, gets who waits for whom then added to its text.

    For machines whose output goes to a file. `image`: in the folder of its build; of another program (or None) nothing is known and nothing added.
    """
    socket = folder / "monitor"
    if image is None or not (image.parent / "system.json").exists():
        yield []
        return
    watch = Watch(Files(image.parent, ROOT), socket, folder / "state.txt")
    try:
        yield ["-qmp", f"unix:{str(socket).replace(',', ',,')},server=on,wait=off"]
    except kinds as error:
        seen = watch.seen(lambda: None)
        raise (type(error)(f"{error}\n{seen}") if seen else error) from None


def _beside(look: Callable[[], str], drain: Callable[[], object]) -> str:
    """Look in another thread; QEMU does not answer while nobody takes its output."""
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(look()), daemon=True)
    thread.start()
    while thread.is_alive():
        drain()
        thread.join(_DRAIN_PAUSE_S)
    return found[0] if found else ""


class Watchdog:
    """Decides by one look after another whether the machine goes on.

    Progress is: a console has said something, or the kernel has switched from one thread to another (to idle and back does not count). A kernel without trace does not tell
    its switches: there any time that a thread has used is progress. A deadlock is none, whatever others do.
    """

    def __init__(self, limit_s: float, now: float) -> None:
        self._limit_s = limit_s
        self._progress = now
        self._last: Seen | None = None
        self._since: dict[frozenset[int], float] = {}
        self.event_count = 0

    def take(self, seen: Seen, now: float, last_output: float) -> str:
        """A sentence when the time is up, else nothing. Times are host seconds."""
        last, self._last = self._last, seen
        self.event_count = seen.event_count
        if last is None or _has_gone_on(last, seen):
            self._progress = now
        self._progress = max(self._progress, last_output)
        self._since = {circle: self._since.get(circle, now) for circle in seen.circles}
        if any(now - since >= self._limit_s for since in self._since.values()):
            return f"a deadlock has stood for {self._limit_s:g} s:"
        return f"no progress for {self._limit_s:g} s:" if now - self._progress >= self._limit_s else ""


def _has_gone_on(last: Seen, seen: Seen) -> bool:
    return seen.has_switched if seen.has_trace else seen.used != last.used


def _seen(connection: Monitor, folder: Path, built: Built, since: int) -> Seen:
    with connection.held(folder) as (memory, processor):
        state = read_state(memory, built, processor, TAIL)
        fresh = events.tail(memory, built.layout, max(state.event_count - since, 0)) or []
    circles = frozenset(frozenset(wait.thread for wait in each.waits) for each in deadlocks(waits_of(state)))
    return Seen(text_of(state, built), circles, _used(state), state.event_count, state.events is not None, any(each.kind == "switch" and each.a and each.b for each in fresh))


def _used(state: State) -> dict[int, int]:
    return {each.address: each.consumed for each in state.contexts.values()}
