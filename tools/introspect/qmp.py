# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's monitor protocol: stop the machine between two passages of the kernel, read its memory, let it go on.

The socket is QEMU's (`-qmp unix:PATH,server=on,wait=off`). A machine that has ended, or never opened it, is a MonitorError.
"""

from __future__ import annotations

import json
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from introspect.memory import Memory
from introspect.model import Processor
from introspect.rest import look, processor_at

#: The kernel's passages are short: a machine that is found in the kernel so often in a row is not on its way out.
_TRIES = 60
_TRY_PAUSE_S = 0.002
_ANSWER_S = 20.0


class MonitorError(Exception):
    """QEMU cannot be asked; a sentence says why."""


class Monitor:
    """A connection to QEMU's monitor."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_ANSWER_S)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise MonitorError(f"QEMU's monitor cannot be reached ({error.strerror or error})") from None
        self._stream = self._socket.makefile("rwb")
        self._read()
        self.ask("qmp_capabilities")

    def close(self) -> None:
        """End the connection; the machine is not touched."""
        self._stream.close()
        self._socket.close()

    def _read(self) -> dict[str, Any]:
        try:
            line = self._stream.readline()
        except OSError as error:
            raise MonitorError(f"QEMU's monitor does not answer ({error})") from None
        if not line:
            raise MonitorError("the machine has ended")
        return json.loads(line)

    def ask(self, command: str, **arguments: Any) -> Any:
        """Send a command and return its answer; events that come meanwhile are passed over."""
        text = json.dumps({"execute": command, "arguments": arguments})
        try:
            self._stream.write(text.encode() + b"\n")
            self._stream.flush()
        except OSError:
            raise MonitorError("the machine has ended") from None
        while True:
            answer = self._read()
            if "error" in answer:
                raise MonitorError(f"QEMU refuses {command}: {answer['error'].get('desc')}")
            if "return" in answer:
                return answer["return"]

    def memory(self, folder: Path) -> Memory:
        """The machine's memory; QEMU writes pieces of it to a file in `folder`."""
        file = folder / "memory"

        def fetch(address: int, size: int) -> bytes:
            self.ask("pmemsave", val=address, size=size, filename=str(file))
            return file.read_bytes()

        return Memory(fetch)

    def processor(self) -> Processor:
        """Where the processor is, as far as its registers tell."""
        text = self.ask("human-monitor-command", **{"command-line": "info registers"})
        pc = re.search(r"\b(?:PC|R15)=([0-9a-f]+)", text)
        state = re.search(r"\bPSTATE=([0-9a-f]+)", text)
        level = int(state[1], 16) >> 2 & 3 if state else 0  # AArch32 is a guest's
        return processor_at(int(pc[1], 16) if pc else 0, level)

    @contextmanager
    def held(self, folder: Path) -> Iterator[tuple[Memory, Processor]]:
        """Hold the machine, if that can be, where the kernel is not at work, and let it go on afterwards. One that stood already is left so."""
        was_running = self.ask("query-status")["running"]
        self.ask("stop")
        try:
            yield self._at_rest(folder, was_running)
        finally:
            if was_running:
                self.ask("cont")

    def _at_rest(self, folder: Path, may_go_on: bool) -> tuple[Memory, Processor]:
        for _ in range(_TRIES):
            memory = self.memory(folder)
            processor = look(self.processor(), memory)
            if processor.is_at_rest or not may_go_on:
                break
            self.ask("cont")
            time.sleep(_TRY_PAUSE_S)
            self.ask("stop")
        return memory, processor


@contextmanager
def monitor(path: Path) -> Iterator[tuple[Monitor, Path]]:
    """A connection, and a folder for what QEMU writes."""
    with tempfile.TemporaryDirectory(prefix="sel-memory-") as folder:
        connection = Monitor(path)
        try:
            yield connection, Path(folder)
        finally:
            connection.close()
