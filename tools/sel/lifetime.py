# SPDX-License-Identifier: BSD-2-Clause
"""Whether a system still has somebody to wait for, from the roottask's reports on the kernel's console.

A system whose guests have all ended, or whose processes have when it has no guest, goes on
for ever without a word: `--timeout` ends such a run, a user without one wants to hear of it.
"""

from __future__ import annotations

import re

from sel.logs import Console

KEPT_BYTES = 1 << 16

_REPORT = re.compile(
    rb"^roottask: (?:(?:exit|fault): process (?P<process>\w+): |guest (?P<guest>\w+) (?:powered off|stopped after an error))",
    re.MULTILINE,
)


class Lifetime:
    """Follows who has ended; a console server does not count, nobody waits for it."""

    def __init__(self, consoles: list[Console]) -> None:
        guests = {console.name for console in consoles if console.is_guest}
        self._guest_of = {f"vmm_{name}": name for name in guests}
        native = {c.name for c in consoles if c.index != 0 and not c.is_guest and not c.is_server}
        self._awaited = guests or native - set(self._guest_of)
        self._what = "guest" if guests else "process"
        self._ended: set[str] = set()
        self._text = b""
        self._is_told = False

    def take(self, data: bytes) -> None:
        """Take output of the kernel's console."""
        self._text = (self._text + data.replace(b"\r", b""))[-KEPT_BYTES:]
        end = self._text.rfind(b"\n") + 1
        for match in _REPORT.finditer(self._text[:end]):
            name = (match["process"] or match["guest"]).decode()
            self._ended.add(self._guest_of.get(name, name))
        self._text = self._text[end:]

    def sentence(self) -> str:
        """Say, once, that all who were awaited have ended; nothing before that."""
        if self._is_told or not self._awaited or not self._awaited <= self._ended:
            return ""
        self._is_told = True
        if len(self._awaited) == 1:
            return f"{self._what} {next(iter(self._awaited))} has ended, the system goes on without it"
        return f"all {len(self._awaited)} {'guests' if self._what == 'guest' else 'processes'} have ended, the system goes on without them"
