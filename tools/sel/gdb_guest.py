# SPDX-License-Identifier: BSD-2-Clause
"""`--gdb-guest NAME [PORT]`: gdb debugs one guest, through its VMM.

gdb connects to a TCP port of this machine (of no other: whoever reaches it has the guest); a channel of the UART leads
on to the VMM, which speaks gdb's protocol (vmm/gdb). Here bytes are passed on, and a gdb that goes without a word is
excused: the guest runs on without it.
"""

from __future__ import annotations

import contextlib
import selectors
import shlex
import socket
import sys
from dataclasses import dataclass
from typing import Callable

from sel import ROOT
from sel.errors import BadEnvironment, BadInput
from sel.systems import System

DEFAULT_PORT = 1234
#: Packets of gdb's protocol: detach, and its answer.
_DETACH = b"$D#44"
_DETACHED = b"$OK#9a"


@dataclass(frozen=True)
class GdbGuestOptions:
    """Which guest, and on which port gdb comes; 0 is any that is free."""

    guest: str
    port: int = DEFAULT_PORT


def parse(words: list[str]) -> GdbGuestOptions:
    """Return what stands behind `--gdb-guest`."""
    if len(words) == 1:
        return GdbGuestOptions(words[0])
    said = f"--gdb-guest {' '.join(words)}"
    if len(words) > 2:
        raise BadInput(f"{said}: give a guest's name and a port; SYSTEM stands before --gdb-guest")
    if not words[1].isascii() or not words[1].isdecimal() or len(words[1]) > 5 or int(words[1]) > 65535:
        raise BadInput(f"{said}: {words[1]} is not a port, a whole number from 0 (any that is free) to 65535; SYSTEM stands before --gdb-guest")
    return GdbGuestOptions(words[0], int(words[1]))


def check(system: System, guest: str) -> None:
    """Raise BadInput if the system has no such guest, or none that can be debugged; other faults of the spec are told by the build."""
    sys.path.insert(0, str(ROOT))
    try:
        from capdl import abi, check as capdl_check, gdb_guest
        from capdl.diagnostics import SpecError
    finally:
        sys.path.remove(str(ROOT))
    try:
        loaded = capdl_check.load_system(system.spec, str(system.spec), abi.load_default().limits(), system.board, list(system.settings), reads_images=False)
    except SpecError:
        return
    if refusal := gdb_guest.refusal(loaded, guest):
        raise BadInput(f"--gdb-guest {guest}: {refusal}")


class Relay:
    """Between one gdb and the channel; the selector's keys hold what is to be called."""

    def __init__(self, options: GdbGuestOptions) -> None:
        self.guest = options.guest
        self.channel = -1  # until the system is built
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._listener.bind(("127.0.0.1", options.port))
            self._listener.listen()
        except OSError as error:
            self._listener.close()
            remedy = f"give another behind it: --gdb-guest {self.guest} PORT (0 is any that is free)"
            raise BadEnvironment(f"gdb cannot come by port {options.port} of this machine: {error.strerror}; {remedy}") from None
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._client: socket.socket | None = None
        self._is_there = False  # the VMM has taken up the wire
        self._is_heard = False
        self._has_sent = False
        self._output = bytearray()
        #: What the VMM says after a detach of ours, up to its answer: not the next gdb's.
        self._leaving: bytearray | None = None

    def start(self, selector: selectors.BaseSelector, send: Callable[[bytes], None], notice: Callable[[str], None]) -> None:
        """Let gdb come. `send` passes bytes on to the channel, `notice` tells the user."""
        self._selector, self._send, self._notice = selector, send, notice
        selector.register(self._listener, selectors.EVENT_READ, self._on_connection)

    def take(self, data: bytes) -> None:
        """Take what the VMM says; by the first of it it is known to be there, and gdb may come: sooner it would wait for an answer and give up."""
        if not self._is_there:
            self._is_there = True
            command = shlex.join(["gdb-multiarch", "-ex", f"target remote :{self.port}"])
            self._notice(f"guest {self.guest} waits before its first instruction for gdb; in another terminal run: {command}")
        elif self._leaving is not None:
            self._leaving += data
            if _DETACHED in self._leaving:
                self._leaving = None
                self._listen_to_client()
        elif self._client is not None:
            self._output += data
            self._write()

    def close(self) -> None:
        """End both sockets."""
        for each in (self._client, self._listener):
            if each is not None:
                each.close()

    def _on_connection(self) -> bool:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return True  # gone again
        if not self._is_there:
            client.close()
            self._notice(f"a gdb came before guest {self.guest} was there and was sent away; it is told here when it may come")
            return True
        if self._client is not None:
            client.close()
            self._notice(f"guest {self.guest} is debugged already; a second gdb was sent away")
            return True
        client.setblocking(False)
        self._client, self._is_heard, self._has_sent = client, False, False
        self._output.clear()
        self._notice(f"gdb is attached to guest {self.guest}")
        if self._leaving is None:
            self._listen_to_client()
        return True

    def _listen_to_client(self) -> None:
        if self._client is not None:
            self._is_heard = True
            self._selector.register(self._client, selectors.EVENT_READ, self._on_client)

    def _on_client(self) -> bool:
        assert self._client is not None
        if self._output:
            self._write()
        try:
            data = self._client.recv(1 << 12)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        if data:
            self._has_sent = True
            self._send(data)
        else:
            self._end_client()
        return True

    def _write(self) -> None:
        assert self._client is not None
        with contextlib.suppress(OSError):  # that gdb is gone is seen where it is read
            del self._output[: self._client.send(self._output)]
        if self._is_heard:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._output else 0)
            self._selector.modify(self._client, events, self._on_client)

    def _end_client(self) -> None:
        assert self._client is not None
        self._selector.unregister(self._client)
        self._client.close()
        self._client = None
        self._notice(f"gdb has left guest {self.guest}")
        if self._has_sent:
            self._leaving = bytearray()
            self._send(_DETACH)
