# SPDX-License-Identifier: BSD-2-Clause
"""What a run of mutants says: progress, sums by file and kind, the survivors, and all of it as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from mutants.changes import KINDS
from mutants.explained import SHARE_MAX, Key, key_of
from mutants.trial import Result

#: At least this share of those drawn must be noticed.
CAUGHT_MIN = 0.95
#: A line of progress after so many.
_EVERY = 20


@dataclass
class Report:
    """Collects results and tells them."""

    subject: str
    seed: int
    count: int
    reasons: dict[Key, str]
    results: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Take a result and show how far the run is."""
        self.results.append(result)
        if result.noticed is None:
            print(f"sel: {'explained' if self._is_explained(result) else 'SURVIVED'}: {_place(result)}\n{_change(result)}", flush=True)
        if len(self.results) % _EVERY == 0:
            print(f"sel: {len(self.results)} of {self.count} mutants, {len(self.caught)} caught", flush=True)

    @property
    def caught(self) -> list[Result]:
        """Those that a test noticed."""
        return [result for result in self.results if result.noticed is not None]

    @property
    def explained(self) -> list[Result]:
        """Those that none noticed, with a reason."""
        return [result for result in self.results if result.noticed is None and self._is_explained(result)]

    @property
    def survivors(self) -> list[Result]:
        """Those that none noticed, without a reason."""
        return [result for result in self.results if result.noticed is None and not self._is_explained(result)]

    def _is_explained(self, result: Result) -> bool:
        return key_of(result.mutant) in self.reasons

    def faults(self) -> list[str]:
        """Return what is wrong with the result, as sentences."""
        total = len(self.results)
        found = []
        if total == 0:
            return ["no mutant could be made: nothing was tested"]
        if len(self.caught) < CAUGHT_MIN * total:
            found.append(
                f"{len(self.caught)} of {total} mutants were caught ({_percent(len(self.caught), total)}), at least "
                f"{CAUGHT_MIN:.0%} must be; each survivor above needs a test, or its reason in test/mutants/equivalent.yaml"
            )
        if len(self.explained) > SHARE_MAX * total:
            found.append(
                f"{len(self.explained)} of {total} mutants are explained ({_percent(len(self.explained), total)}), at most "
                f"{SHARE_MAX:.0%} may be; write tests for some of them"
            )
        return found

    def show(self, uncounted: Counter[str]) -> None:
        """Print the sums and the survivors, and at the very end the numbers."""
        self._table("file", lambda result: result.mutant.path, sorted({result.mutant.path for result in self.results}))
        self._table("kind", lambda result: result.mutant.change.kind, KINDS)
        for result in self.survivors:
            print(f"\nsurvivor {_place(result)}, executed by {result.executed_by} programs\n{_change(result)}")
        drawn = ", ".join(f"{number} {what}" for what, number in sorted(uncounted.items()))
        print(f"\nsel: drawn besides and not counted: {drawn or 'none'}")
        print(f"sel: {len(self.caught)} caught, {len(self.explained)} explained, {len(self.survivors)} survived")
        print(f"{len(self.caught) + len(self.explained)} passed, {len(self.survivors)} failed", flush=True)

    def _table(self, title: str, of: Callable[[Result], str], names: object) -> None:
        total: Counter[str] = Counter(map(of, self.results))
        caught: Counter[str] = Counter(map(of, self.caught))
        width = max(map(len, [title, *total]))
        print(f"\n{title:<{width}}  drawn  caught  others")
        for name in names:  # type: ignore[attr-defined]
            if total[name]:
                print(f"{name:<{width}}  {total[name]:>5}  {caught[name]:>6}  {total[name] - caught[name]:>6}")

    def write(self, path: Path, uncounted: Counter[str]) -> None:
        """Write everything as JSON."""
        content = {
            "subject": self.subject, "seed": self.seed, "count": len(self.results), "caught": len(self.caught),
            "explained": len(self.explained), "survived": len(self.survivors), "not counted": dict(uncounted),
            "mutants": [self._entry(result) for result in self.results],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def _entry(self, result: Result) -> dict[str, object]:
        mutant = result.mutant
        return {
            "file": mutant.path, "line": mutant.line, "function": mutant.function, "kind": mutant.change.kind,
            "before": mutant.before(), "after": mutant.after(), "caught by": result.program, "noticed": result.noticed,
            "executed by": result.executed_by, "why": self.reasons.get(key_of(mutant)),
        }


def _place(result: Result) -> str:
    mutant = result.mutant
    return f"{mutant.path}:{mutant.line} in {mutant.function}: {mutant.change.kind}"


def _change(result: Result) -> str:
    return f"    - {result.mutant.before()}\n    + {result.mutant.after()}"


def _percent(part: int, total: int) -> str:
    return f"{100 * part / total:.1f}%"
