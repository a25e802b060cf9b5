# SPDX-License-Identifier: BSD-2-Clause
"""Tries mutants: compile, compare, link, and run the tests until one notices.

Two at a time, but taken in the order in which they were drawn, so that the same seed tries the same mutants. What does
not compile, changes no object, or comes to the same objects as one before does not count; another is drawn instead.
"""

from __future__ import annotations

import queue
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from mutants.coverage import Coverage
from mutants.draw import Mutant
from mutants.programs import Program, run
from mutants.workshop import Workshop
from sel.testing import JOBS

#: Why one that was drawn does not count.
REFUSED = "did not compile"
SAME = "changed no object"
TWICE = "came to the same objects as another"


@dataclass
class Result:
    """What became of one mutant: the reason why it does not count, or the program that noticed it and how."""

    mutant: Mutant
    digest: str = ""
    uncounted: str | None = None
    program: str | None = None
    noticed: str | None = None
    executed_by: int = 0


@dataclass
class Trial:
    """Tries mutants with a workshop and its programs."""

    workshop: Workshop
    programs: list[Program]
    coverage: Coverage
    folder: Path
    uncounted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._workers: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(JOBS):
            worker = self.folder / f"worker-{number}"
            worker.mkdir(parents=True, exist_ok=True)
            self._workers.put(worker)

    def results(self, drawn: Iterator[Mutant], count: int) -> Iterator[Result]:
        """Yield the results of the first `count` mutants that count."""
        waiting: deque[Future[Result]] = deque()
        digests: set[str] = set()
        with ThreadPoolExecutor(JOBS) as pool:
            while len(digests) < count:
                while len(waiting) < 2 * JOBS and (mutant := next(drawn, None)) is not None:
                    waiting.append(pool.submit(self.attempt, mutant))
                if not waiting:
                    return
                result = waiting.popleft().result()
                if result.uncounted is None and result.digest in digests:
                    result.uncounted = TWICE
                if result.uncounted is not None:
                    self.uncounted[result.uncounted] += 1
                    continue
                digests.add(result.digest)
                yield result
            for future in waiting:
                future.cancel()

    def attempt(self, mutant: Mutant) -> Result:
        """Try one mutant in the folder of a worker that is free."""
        worker = self._workers.get()
        try:
            return self._attempt(mutant, worker)
        finally:
            self._workers.put(worker)

    def _attempt(self, mutant: Mutant, worker: Path) -> Result:
        digest = self.workshop.compile_release(mutant, worker)
        if not digest:
            return Result(mutant, uncounted=REFUSED if digest is None else SAME)
        programs = self.coverage.order(mutant, self.programs)
        holding = [library for library in self.workshop.libraries if library.users(mutant.path)]
        for library in holding:
            own = [program for program in programs if program.library == library.name]
            if not own and library is not holding[0]:
                continue  # the first one is made in any case: it tells whether the change compiles
            if not self.workshop.link_mutant(library, mutant, worker):
                return Result(mutant, uncounted=REFUSED)
            for program in own:
                noticed = run(program, [worker, *self.workshop.built], worker).noticed
                if noticed is not None:
                    return Result(mutant, digest, None, program.name, noticed, len(programs))
        return Result(mutant, digest, executed_by=len(programs))
