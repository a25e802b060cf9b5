# SPDX-License-Identifier: BSD-2-Clause
"""One run of a machine from start to end: the event loop between QEMU, logs, screen and script.

A run always ends: by the system switching itself off, its script, its timeout, silence,
a kernel panic, the user, or QEMU's death; every bad end is a sentence with the last lines.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import stat
import sys
import termios
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable

from sel.audit import AuditWatch
from sel.console import KERNEL, ConsoleDemux, ConsoleMux, Piece
from sel.errors import Failed
from sel.fault_places import FaultPlaces
from sel.gdb_guest import Relay
from sel.lifetime import Lifetime
from sel.logs import Logs
from sel.machine import Machine
from sel.screen import Screen
from sel.script import ScriptState, Send, Step, unknown_console
from sel.terminal import HELP, Key, KeyReader

if TYPE_CHECKING:
    from introspect.watch import Watch

PANIC = b"sel: kernel panic"
INTERRUPT = b"\x03"

#: A machine that has said nothing for so long never will (host seconds).
SILENCE_LIMIT_S = 60.0
#: How long a pause shows unfinished lines, and how long one ends a script whose last step was input.
PAUSE_S = 0.2
SETTLED_S = 2.0
#: How long a line may take to its end that a script's last match has cut: as long as a loaded host may leave QEMU waiting.
LINE_LIMIT_S = 1.0
#: Lines shown of consoles that a failed expectation did not wait for.
OTHER_LINES = 5
#: The rest of a panic's dump may still be on its way.
PANIC_GRACE_S = 1.0


@dataclass
class Settings:
    """What the caller decides about a run."""

    front: int
    steps: list[Step] = field(default_factory=list)
    timeout_s: float | None = None
    keyboard: int | None = None
    unread_input: int | None = None
    waits_for_gdb: bool = False
    should_end: Callable[[], bool] = lambda: False
    audit: AuditWatch | None = None
    watch: Callable[[Piece], None] = lambda _: None
    state: Watch | None = None
    gdb_guest: Relay | None = None
    faults: FaultPlaces = field(default_factory=lambda: FaultPlaces({}))


class Session:
    """Runs a machine to its end; `run()` raises Failed when that was not a good one."""

    def __init__(self, machine: Machine, logs: Logs, screen: Screen, settings: Settings) -> None:
        self.machine = machine
        self.logs = logs
        self.screen = screen
        self.settings = settings
        self.demux = ConsoleDemux()
        self.mux = ConsoleMux()
        self.script = ScriptState(settings.steps)
        self.keys = KeyReader()
        self._pending = bytearray()
        self._selector = selectors.DefaultSelector()
        self._started = self._last_output = time.monotonic()
        self._panicked_at: float | None = None
        self._kernel_tail = b""
        self._input_channel = settings.front
        self._quit = False
        self._lifetime = Lifetime(screen.consoles)

    def run(self) -> None:
        """Run until the end; returning means that all went as asked."""
        self._selector.register(self.machine.output, selectors.EVENT_READ, self._on_output)
        if self.settings.keyboard is not None:
            self._selector.register(self.settings.keyboard, selectors.EVENT_READ, self._on_keys)
        self._watch_unread_input()
        if (relay := self.settings.gdb_guest) is not None:
            relay.start(self._selector, lambda data: self._send(relay.channel, data), self.screen.notice)
        is_open = True
        while is_open and not self._has_to_end():
            self._advance_script()
            if self._is_finished():
                self._take_the_rest()
                return
            is_open = self._wait()
        if not is_open:
            self._end_of_machine()

    def _watch_unread_input(self) -> None:
        """Standard input that is no terminal is not typed; whoever has put something there is told."""
        source = self.settings.unread_input
        if source is None:
            return
        if stat.S_ISREG(os.fstat(source).st_mode):
            self._tell_unread_input(os.fstat(source).st_size)
        else:
            self._selector.register(source, selectors.EVENT_READ, self._on_unread_input)

    def _on_unread_input(self) -> bool:
        assert self.settings.unread_input is not None
        self._selector.unregister(self.settings.unread_input)
        count = fcntl.ioctl(self.settings.unread_input, termios.FIONREAD, bytes(4))
        self._tell_unread_input(int.from_bytes(count, sys.byteorder))
        return True

    def _tell_unread_input(self, size: int) -> None:
        if size > 0:
            self.screen.notice("standard input is no terminal and is ignored; --send TEXT types on a console")

    def _has_to_end(self) -> bool:
        return self._quit or self.settings.should_end()

    def _take_the_rest(self) -> None:
        """Show the end of the line that the script's last match cut; a prompt has none."""
        end = time.monotonic() + LINE_LIMIT_S
        with selectors.DefaultSelector() as output:
            output.register(self.machine.output, selectors.EVENT_READ)
            while self.script.is_line_cut() and (left := end - time.monotonic()) > 0:
                if output.select(left) and not self._on_output():
                    return

    def _wait(self) -> bool:
        """Handle the next events; False when QEMU has closed its output."""
        events = self._selector.select(PAUSE_S)
        if not events:
            self.screen.pause()
        is_open = True
        for key, _ in events:
            is_open = key.data() and is_open
        self._show_state()
        self._check_time()
        return is_open

    def _show_state(self) -> None:
        """Show what a look into the machine has seen, as soon as it has."""
        if self.settings.state is not None and (text := self.settings.state.poll()):
            self.screen.block(text)

    def _on_output(self) -> bool:
        try:
            data = os.read(self.machine.output.fileno(), 1 << 16)
        except BlockingIOError:
            return True
        if not data:
            return False
        self._last_output = time.monotonic()
        if self.settings.state is not None:
            self.settings.state.output()
        self.logs.write_raw(data)
        for piece in self.demux.feed(data):
            self._take(piece)
        return True

    def _take(self, piece: Piece) -> None:
        if self.settings.gdb_guest is not None and piece.channel == self.settings.gdb_guest.channel:
            self.settings.gdb_guest.take(piece.data)
            return
        self.logs.write(piece)
        self.screen.write(piece)
        self.script.take(piece)
        self.settings.watch(piece)
        if piece.channel == KERNEL:
            if self.settings.audit is not None:
                self.settings.audit.take(piece.data)
            for sentence in self.settings.faults.take(piece.data):
                self.screen.notice(sentence)
            self._lifetime.take(piece.data)
            if self.settings.timeout_s is None and (sentence := self._lifetime.sentence()):
                self.screen.notice(f"{sentence}; {'Ctrl-] q' if self.settings.keyboard is not None else 'Ctrl-C'} ends the run")
            self._kernel_tail = (self._kernel_tail + piece.data)[-4096:]
            if PANIC in self._kernel_tail and self._panicked_at is None:
                self._panicked_at = time.monotonic()

    def _on_keys(self) -> bool:
        assert self.settings.keyboard is not None
        data = os.read(self.settings.keyboard, 4096)
        if not data:
            self._selector.unregister(self.settings.keyboard)
            return True
        for key in self.keys.feed(data):
            self._on_key(key)
        return True

    def _on_key(self, key: Key) -> None:
        if key.command is None:
            self._type(key.data)
            if INTERRUPT in key.data and not self._is_guest(self._input_channel):
                self.screen.notice("Ctrl-C goes to the console; Ctrl-] q ends the run")
        elif key.command == "q":
            self._quit = True
        elif key.command == "w" and self.settings.state is not None:
            self.settings.state.ask()
        elif key.command == "a":
            self._input_channel = self.settings.front
            self.screen.switch(None)
        elif key.command in "np" or key.command.isdigit():
            self._change_console(key.command)
        else:
            names = ", ".join(f"{c.index} {c.name}" for c in self.screen.consoles)
            self.screen.notice(f"{HELP}; consoles: {names}")

    def _type(self, data: bytes) -> None:
        """Send what was typed, or say at once that nobody reads it."""
        console = next((each for each in self.screen.consoles if each.index == self._input_channel), None)
        if console is None or console.takes_input:
            self._send(self._input_channel, data)
        else:
            self.screen.notice(f"console {console.name} takes no input")

    def _is_guest(self, channel: int) -> bool:
        return any(console.is_guest for console in self.screen.consoles if console.index == channel)

    def _change_console(self, command: str) -> None:
        known = [console.index for console in self.screen.consoles]
        if command.isdigit():
            wanted = int(command)
        else:
            step = 1 if command == "n" else -1
            at = known.index(self._input_channel) if self._input_channel in known else 0
            wanted = known[(at + step) % len(known)]
        if wanted not in known:
            self.screen.notice(f"there is no console {wanted}; Ctrl-] ? lists them")
            return
        self._input_channel = wanted
        self.screen.switch(wanted)

    def _send(self, channel: int, data: bytes) -> None:
        if not self._pending:
            self._selector.register(self.machine.input, selectors.EVENT_WRITE, self._on_writable)
        self._pending += self.mux.encode(channel, data)

    def _on_writable(self) -> bool:
        try:
            del self._pending[: os.write(self.machine.input.fileno(), self._pending)]
        except BlockingIOError:
            return True
        except BrokenPipeError:
            self._pending.clear()
        if not self._pending:
            self._selector.unregister(self.machine.input)
        return True

    def _advance_script(self) -> None:
        for step in self.script.advance():
            self._send(step.channel, step.data)
            self._last_output = time.monotonic()

    def _is_finished(self) -> bool:
        """Tell whether the script (or an audit alone) is through and its last input had its effect."""
        if self._panicked_at is not None or self.script.current() is not None:
            return False
        if not self.script.steps:
            audit = self.settings.audit
            return audit is not None and audit.is_complete() and self.settings.keyboard is None
        if not self.script.ends_with_send():
            return True
        return not self._pending and time.monotonic() - self._last_output > SETTLED_S

    def _check_time(self) -> None:
        now = time.monotonic()
        if self._panicked_at is not None and now - self._panicked_at > PANIC_GRACE_S:
            raise Failed(self._with_last_lines("the kernel panicked", KERNEL))
        timeout_s = self.settings.timeout_s
        if timeout_s is not None and now - self._started > timeout_s:
            raise Failed(self._timeout_sentence(timeout_s))
        is_attended = self.settings.keyboard is not None or self.settings.waits_for_gdb
        if not is_attended and self.screen.silent() and now - self._started > SILENCE_LIMIT_S:
            raise Failed(f"the machine has not said a word in {SILENCE_LIMIT_S:.0f} seconds; see the raw log, or run with --gdb")

    def _timeout_sentence(self, timeout_s: float) -> str:
        step = self.script.current()
        if step is None:
            return f"the system was still running after {timeout_s:g} seconds"
        channel = self.settings.front if step.channel is None else step.channel
        return self._with_all_last_lines(
            f"--expect '{step.text}' did not appear within {timeout_s:g} seconds "
            f"({self.script.done_count} of {len(self.script.steps)} steps were done{self._console_hint(step)})",
            channel,
        )

    def _console_hint(self, step: Step) -> str:
        hint = unknown_console(step.text, self.screen.consoles)
        return f"; {hint}" if hint and not isinstance(step, Send) else ""

    def _end_of_machine(self) -> None:
        """Judge the end of QEMU itself."""
        self._advance_script()
        if self._panicked_at is not None:
            raise Failed(self._with_last_lines("the kernel panicked", KERNEL))
        sentence = self.machine.exit_sentence()
        if sentence is not None:
            raise Failed(self._with_last_lines(sentence, KERNEL))
        step = self.script.current()
        if step is not None:
            channel = self.settings.front if step.channel is None else step.channel
            kind = "--send" if isinstance(step, Send) else "--expect"
            raise Failed(self._with_all_last_lines(f"the system switched off before {kind} '{step.text}'{self._console_hint(step)}", channel))
        if self.screen.silent():
            raise Failed("the machine switched off without having said a word; see the raw log, or run with --gdb")

    def _with_last_lines(self, sentence: str, channel: int) -> str:
        lines = self.screen.last_lines(channel)
        if not lines and channel != KERNEL:
            channel, lines = KERNEL, self.screen.last_lines(KERNEL)
        if not lines:
            return f"{sentence}; no console has said anything"
        return f"{sentence}; the {self._shown_lines(channel, lines)}"

    def _with_all_last_lines(self, sentence: str, channel: int) -> str:
        """The same, and the last lines of all other consoles that have said anything, the latest first."""
        said = self._with_last_lines(sentence, channel)
        shown = channel if self.screen.last_lines(channel) else KERNEL
        others = [other for other in self.screen.latest() if other != shown]
        return "\n".join([said, *(self._shown_lines(other, self.screen.last_lines(other, OTHER_LINES)) for other in others)])

    def _shown_lines(self, channel: int, lines: list[str]) -> str:
        name = self.screen.name_of(channel)
        return f"last lines of console {name} were:\n" + "\n".join(f"  {line}" for line in lines)
