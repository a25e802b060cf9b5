# SPDX-License-Identifier: BSD-2-Clause
"""Several pieces of work at once, each in a process of its own: where one waits, another one computes.

What they print comes line by line with the name of the work in front. Whatever ends the command ends
all of them, each as if it had been asked itself.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing import connection
from typing import Any, Callable, Mapping

from sel.errors import Failed, Stopped

_FORK = multiprocessing.get_context("fork")


class _Lane:
    """One piece of work and its process."""

    def __init__(self, name: str, width: int, act: Callable[[], Any]) -> None:
        self.name = name
        self._head = f"{name:>{width}} | ".encode()
        self._rest = b""
        self.output, written = os.pipe()
        self._result, sent = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_work, args=(act, sent, written))
        self._process.start()
        os.close(written)
        sent.close()

    def take(self) -> bool:
        """Show the lines that have become complete; return whether more may come."""
        data = os.read(self.output, 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if not data and self._rest:
            lines, self._rest = [self._rest], b""
        text = b"".join(self._head + line + b"\n" for line in lines)
        while text:
            text = text[os.write(1, text):]
        return bool(data)

    def end(self) -> Any:
        """Wait until it has ended and return its result; what it raised is raised here."""
        result, error = None, None
        try:
            result, error = self._result.recv()
        except EOFError:
            error = Failed(f"the process of {self.name} ended without a result")
        finally:
            self.forget()
        if error is not None:
            raise error
        return result

    def stop(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def forget(self) -> None:
        """Wait until it has ended, whatever its result."""
        self._process.join()
        self._result.close()
        os.close(self.output)


def _work(act: Callable[[], Any], result: connection.Connection, output: int) -> None:
    os.setpgid(0, 0)  # an interruption from the terminal comes to the command, which asks each of its lanes once
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    sys.stdout = sys.stderr = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115 - open to the end
    try:
        found = act()
    except (Stopped, KeyboardInterrupt):
        os._exit(1)  # the command knows, and nobody waits for a result
    except Exception as error:  # noqa: BLE001 - it is raised again where it is judged
        result.send((None, error))
    else:
        result.send((found, None))


def run_at_once(work: Mapping[str, Callable[[], Any]], lanes: int, ended: Callable[[str, Any], None]) -> None:
    """Do all work, so many pieces at once, begun in their order; `ended` is told each name and result when it is there.

    One at a time, they are done in this process and print as they like. Raises what a piece raises.
    """
    if min(lanes, len(work)) <= 1:
        for name, act in work.items():
            ended(name, act())
        return
    sys.stdout.flush()
    sys.stderr.flush()
    waiting = list(work.items())
    running: dict[int, _Lane] = {}
    width = max(map(len, work), default=0)
    try:
        while waiting or running:
            while waiting and len(running) < lanes:
                name, act = waiting.pop(0)
                lane = _Lane(name, width, act)
                running[lane.output] = lane
            for output in connection.wait(list(running)):
                assert isinstance(output, int)
                if not running[output].take():
                    lane = running.pop(output)
                    ended(lane.name, lane.end())
    finally:
        for lane in running.values():
            lane.stop()
        for lane in running.values():
            lane.forget()
