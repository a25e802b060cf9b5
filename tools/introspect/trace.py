# SPDX-License-Identifier: BSD-2-Clause
"""`--trace FILE`: one run whose trace is recorded, and written by the spec's names at its end.

Names are in the kernel's memory (addresses of threads), so the machine is asked for them when it is about to end: QEMU stays when the system switches itself off
(`-no-shutdown`), tells so on a monitor of its own, and is ended from here.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from introspect import ctf, perfetto, record
from introspect.built import Files
from introspect.model import State
from introspect.qmp import MonitorError, monitor
from introspect.reader import NotFoundError, read_state
from introspect.telling import Telling
from sel.errors import Failed, SelError, os_error_sentence
from sel.trace_options import ctf_folder

#: What a QEMU that is asked to end may take.
_END_S = 10.0
_PAUSE_S = 0.1
_DRAIN_PAUSE_S = 0.01


class Trace:
    """Records one run. `arguments`: QEMU's, beside its usual ones; `socket`: of a monitor of its own."""

    def __init__(self, file: Path, files: Files, folder: Path, socket: Path) -> None:
        self._file = file
        self._built = files.built
        self._raw = folder / "events.bin"
        self.socket = socket
        self._state: State | None = None
        self._error: SelError | None = None
        self._is_over = threading.Event()
        self.arguments = [*record.qemu_arguments(self._built.layout, folder, self._raw), "-no-shutdown"]
        self.arguments += ["-qmp", f"unix:{str(socket).replace(',', ',,')},server=on,wait=off"]
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        """Until the system is off or the run is over; then take the names and end QEMU."""
        is_done = False
        while not is_done:
            is_last = self._is_over.wait(_PAUSE_S)
            with contextlib.suppress(MonitorError, OSError), monitor(self.socket) as (connection, folder):
                while connection.ask("query-status")["status"] != "shutdown" and not self._is_over.wait(_PAUSE_S):
                    pass
                with contextlib.suppress(NotFoundError), connection.held(folder) as (memory, processor):
                    self._state = read_state(memory, self._built, processor)
                connection.ask("quit")
                is_done = True
            is_done = is_done or is_last

    def end(self, process: subprocess.Popen[bytes], drain: Callable[[], object]) -> None:
        """The run is over: QEMU ends by itself, which completes the record. `drain` takes the machine's output meanwhile, or QEMU would not answer."""
        self._is_over.set()
        limit = time.monotonic() + _END_S
        while (self._thread.is_alive() or process.poll() is None) and time.monotonic() < limit:
            drain()
            self._thread.join(_DRAIN_PAUSE_S)

    def _telling(self) -> Telling:
        if self._state is not None:
            return Telling.of_state(self._state, self._built)
        return Telling(self._built, lambda address: f"thread {address:#x}", {})

    def tell(self) -> None:
        """Write both formats and say what they hold; what went wrong comes by judge()."""
        if not self._raw.exists() or self._raw.stat().st_size == 0:
            self._error = Failed("no event was recorded: the machine ended before its kernel ran, or QEMU was killed")
            return
        recorded = record.Record(self._raw, self._built.layout)
        system = self._built.system["name"]
        try:
            perfetto.write(self._file, self._telling().stream(recorded.events()), self._built.hz, system)
            ctf.write(ctf_folder(self._file), self._telling().stream(recorded.events()), self._built.hz, system)
        except OSError as error:
            self._error = os_error_sentence(error, f"cannot write the trace {self._file}")
            return
        self._raw.unlink()
        unnamed = "" if self._state is not None else "; names could not be read: threads are told by their addresses"
        print(f"sel: trace: {recorded.sentence()}{unnamed}; {self._file} (Perfetto) and {ctf_folder(self._file)} (CTF)", flush=True)

    def judge(self) -> None:
        """Raise when the trace is not there."""
        if self._error is not None:
            raise self._error
