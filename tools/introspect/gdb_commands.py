# SPDX-License-Identifier: BSD-2-Clause
"""gdb's commands about a running Selvedge. Runs in gdb's own Python, loaded by the script of `./sel run --gdb` (tools/sel/gdb.py): `install(FILE)`.

The machine is one of gdb's inferiors, by its remote connection; a process that was switched to is another one, a core file made of what the kernel has saved and of
the process's memory. The machine is never changed. QEMU's stub reads physical memory in a mode of its own, which is switched off again at once.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gdb

from introspect import debugger
from introspect.built import Built, from_json
from introspect.core import core_file, joined
from introspect.memory import Memory
from introspect.model import ROOTTASK, Processor, State, Thread
from introspect.reader import NotFoundError, read_state
from introspect.rest import look, processor_at
from introspect.spaces import PAGE_BYTES, pages

#: The ABI's names of registers where gdb has another one.
_OTHER_NAMES = {"pstate": "cpsr", "amair_el1": "AMAIR0"}


class Target:
    """The machine, as gdb sees it."""

    def __init__(self, file: Path) -> None:
        data = json.loads(file.read_text(encoding="utf-8"))
        self.built: Built = from_json(data["built"])
        self.elves: dict[str, str] = data["elves"]
        self.folder = Path(tempfile.mkdtemp(prefix="sel-gdb-"))
        self.shown: dict[str, int] = {}

    @contextmanager
    def selected(self) -> Iterator[None]:
        """With the machine as the current inferior."""
        before = gdb.selected_inferior().num
        machine = next((each.num for each in gdb.inferiors() if each.connection is not None and each.connection.type == "remote"), None)
        if machine is None:
            raise gdb.GdbError("gdb is not connected to the machine")
        if machine != before:
            gdb.execute(f"inferior {machine}", to_string=True)
        try:
            yield
        finally:
            if machine != before:
                gdb.execute(f"inferior {before}", to_string=True)

    @contextmanager
    def looked_at(self) -> Iterator[tuple[State, Memory]]:
        """The kernel's state, and the machine's memory as long as this lasts."""
        with self.selected():
            processor = self._processor()
            gdb.execute("maintenance packet Qqemu.PhyMemMode:1", to_string=True)
            try:
                memory = Memory(lambda address, size: bytes(gdb.selected_inferior().read_memory(address, size)))
                yield read_state(memory, self.built, look(processor, memory)), memory
            except NotFoundError as error:
                raise gdb.GdbError(f"nothing is known yet: {error}") from None
            finally:
                gdb.execute("maintenance packet Qqemu.PhyMemMode:0", to_string=True)

    def _processor(self) -> Processor:
        status, pc = self.register("pstate"), self.register("pc")
        level = (status or 0) >> 2 & 3
        return processor_at(pc or 0, level)

    def register(self, name: str) -> int | None:
        """A register of the processor; the machine is the current inferior."""
        frame = gdb.newest_frame()
        for each in (_OTHER_NAMES.get(name, name), name.upper(), name.upper().removesuffix("_EL1")):
            try:
                return int(frame.read_register(each)) & (1 << 64) - 1
            except (ValueError, gdb.error):
                continue
        return None

    def process(self, name: str) -> str:
        """Write a process's core file; its path."""
        with self.looked_at() as (state, memory):
            thread = debugger.thread_named(state, name)
            if thread.vcpu:
                raise debugger.UnknownNameError(f"{name} is a guest: info sel-guest {name} shows its registers")
            registers = debugger.registers_of(state, thread, self.register)
            found = self._pages(memory, thread, registers["pc"])
        path = self.folder / f"{name}.core"
        path.write_bytes(core_file(registers, joined(found)))
        return str(path)

    def _pages(self, memory: Memory, thread: Thread, pc: int) -> list[tuple[int, bytes]]:
        size = self.built.window_bytes
        base = pc - pc % size
        return [(virtual, memory.read(physical, PAGE_BYTES)) for virtual, physical in pages(memory, self.built, thread.vspace, base, base + size)]


class _Command(gdb.Command):
    """A command with at most one word behind it: the name of a guest (`wants` is True), or of a process (False)."""

    wants = False

    def __init__(self, name: str, target: Target, kind: int) -> None:
        super().__init__(name, kind)
        self._target = target

    def invoke(self, argument: str, from_tty: bool) -> None:
        """What gdb calls."""
        words = gdb.string_to_argv(argument)
        try:
            self.run(words)
        except debugger.UnknownNameError as error:
            raise gdb.GdbError(str(error)) from None

    def run(self, words: list[str]) -> None:
        """Do it."""
        raise NotImplementedError

    def complete(self, text: str, word: str | None) -> list[str]:
        """Names for the tabulator; gdb also asks without a word, to learn where words end."""
        rows = self._target.built.system["threads"]
        names = [row["name"] for row in rows if (row["vcpu"] is not None) == self.wants] + ([] if self.wants else [ROOTTASK])
        return sorted(name for name in names if name.startswith(word or ""))

    def one(self, words: list[str], what: str) -> str:
        """The word that has to be there."""
        if len(words) != 1:
            raise gdb.GdbError(f"give the name of one {what}; info sel-processes lists them")
        return words[0]


class Processes(_Command):
    """Threads of the spec: who waits for whom, and what is left of their time."""

    def run(self, words: list[str]) -> None:
        """Without arguments."""
        with self._target.looked_at() as (state, _):
            print(debugger.processes(state, self._target.built))


class Capabilities(_Command):
    """The capabilities that a process holds: info sel-caps PROCESS."""

    def run(self, words: list[str]) -> None:
        """PROCESS."""
        name = self.one(words, "process")
        with self._target.looked_at() as (state, _):
            print(debugger.capabilities(state, self._target.built, name))


class Guest(_Command):
    """The registers of a guest: info sel-guest NAME."""

    wants = True

    def run(self, words: list[str]) -> None:
        """NAME."""
        name = self.one(words, "guest")
        with self._target.looked_at() as (state, _):
            print(debugger.guest(state, self._target.built, name, self._target.register))


class Process(_Command):
    """Show a process as the kernel has saved it (backtrace, variables, registers): sel-process NAME. `inferior 1` is the machine again."""

    def run(self, words: list[str]) -> None:
        """NAME."""
        name = self.one(words, "process")
        core = self._target.process(name)
        shown = self._target.shown
        if name not in shown or all(each.num != shown[name] for each in gdb.inferiors()):
            gdb.execute(f'add-inferior -no-connection -exec "{self._target.elves[name]}"', to_string=True)
            shown[name] = max(each.num for each in gdb.inferiors())
        gdb.execute(f"inferior {shown[name]}", to_string=True)
        gdb.execute(f"core-file {core}", to_string=True)
        print(f"process {name} as the kernel has saved it; it cannot be run from here: `inferior 1` is the machine")
        gdb.execute("frame")


def install(file: str) -> None:
    """Define the commands; `file`: what tools/sel/gdb.py has written of the built system."""
    target = Target(Path(file))
    Processes("info sel-processes", target, gdb.COMMAND_STATUS)
    Capabilities("info sel-caps", target, gdb.COMMAND_STATUS)
    Guest("info sel-guest", target, gdb.COMMAND_STATUS)
    Process("sel-process", target, gdb.COMMAND_STACK)
