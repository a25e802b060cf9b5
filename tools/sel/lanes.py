# SPDX-License-Identifier: BSD-2-Clause
"""Several pieces of work at once, each in a process of its own: where one waits, another one computes.

What they print comes line by line with the name of the work in front. Whatever ends the command ends
all of them, each as if it had been asked itself.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import traceback
from multiprocessing import connection
from typing import Any, Callable, Iterator, Mapping

from sel.errors import Failed, Stopped

_FORK = multiprocessing.get_context("fork")
#: What asks the command to end: kept off while a lane begins, so that none is there that nobody knows.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Lost(Failed):
    """A piece of work whose process ended without saying how it went."""


class _Lane:
    """One piece of work and its process. Make it undisturbed."""

    def __init__(self, name: str, width: int, act: Callable[[], Any]) -> None:
        self.name = name
        self._head = f"{name:>{width}} | ".encode()
        self._rest = b""
        self._answer: bytes | None = None
        self.output, written = os.pipe()
        self.result, sent = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_work, args=(act, sent, written))
        self._process.start()
        os.close(written)
        sent.close()

    def take_output(self) -> bool:
        """Show the lines that have become complete; return whether anything came."""
        data = os.read(self.output, 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._show(lines)
        return bool(data)

    def take_result(self) -> Any:
        """Wait until it has ended, show what it printed last, and return its result; what it raised is raised here."""
        with contextlib.suppress(EOFError):
            self._answer = self.result.recv_bytes()
        self._process.join()
        while connection.wait([self.output], timeout=0) and self.take_output():
            pass  # not to its end: a program that was left behind may hold the pipe open
        self._show([self._rest] if self._rest else [])
        self._close()
        if self._answer is None:
            raise Lost(f"the process of {self.name} ended without a result, {_ended_by(self._process.exitcode)}: run it alone to see why")
        is_good, found = pickle.loads(self._answer)
        if not is_good:
            raise found
        return found

    def _show(self, lines: list[bytes]) -> None:
        text = b"".join(self._head + line + b"\n" for line in lines)
        while text:
            text = text[os.write(1, text):]

    def stop(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def forget(self) -> None:
        """Wait until one that was stopped has ended; what it says goes nowhere."""
        self._close()
        self._process.join()

    def _close(self) -> None:
        self.result.close()
        os.close(self.output)


def _ended_by(code: int | None) -> str:
    if code is not None and code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"with code {code}"


def _work(act: Callable[[], Any], result: connection.Connection, output: int) -> None:
    os.setpgid(0, 0)  # an interruption from the terminal comes to the command, which asks each of its lanes once
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    sys.stdout = sys.stderr = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115 - open to the end
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        answer = _answer(act)
    except (Stopped, KeyboardInterrupt):
        os._exit(1)  # the command knows, and nobody waits for a result
    result.send_bytes(answer)


def _answer(act: Callable[[], Any]) -> bytes:
    """Whether it went well, and its result or its error, with where that was raised."""
    try:
        return pickle.dumps((True, act()))
    except (Stopped, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 - it is raised again where it is judged
        where = traceback.format_exc()
        error.add_note(where)
        with contextlib.suppress(Exception):  # not every exception can be made again from its arguments
            answer = pickle.dumps((False, error))
            if str(pickle.loads(answer)[1]) == str(error):
                return answer
        return pickle.dumps((False, Failed(f"{error}\n{where}")))


def _result_of(lane: _Lane, lost: Callable[[Lost], Any] | None) -> Any:
    try:
        return lane.take_result()
    except Lost as loss:
        if lost is None:
            raise
        return lost(loss)


def run_at_once(work: Mapping[str, Callable[[], Any]], lanes: int, ended: Callable[[str, Any], None], lost: Callable[[Lost], Any] | None = None) -> None:
    """Do all work, so many pieces at once, begun in their order; `ended` is told each name and result when it is there, or what `lost` makes of its loss.

    One at a time, they are done in this process and print as they like. Raises what a piece raises, or
    Failed with the same words.
    """
    if min(lanes, len(work)) <= 1:
        for name, act in work.items():
            ended(name, act())
        return
    sys.stdout.flush()
    sys.stderr.flush()
    waiting = list(work.items())
    running: list[_Lane] = []
    width = max(map(len, work), default=0)
    try:
        while waiting or running:
            while waiting and len(running) < lanes:
                with _undisturbed():
                    name, act = waiting.pop(0)
                    running.append(_Lane(name, width, act))
            ready = connection.wait([each for lane in running for each in (lane.output, lane.result)])
            for lane in list(running):
                if lane.result in ready:
                    running.remove(lane)
                    ended(lane.name, _result_of(lane, lost))
                elif lane.output in ready:
                    lane.take_output()
    finally:
        for lane in running:
            lane.stop()
        for lane in running:
            lane.forget()
