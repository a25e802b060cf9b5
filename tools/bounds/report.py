# SPDX-License-Identifier: BSD-2-Clause
"""The results as text for people: one table, then for each entry where its stack and its longest stretch come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bounds.annotations import Annotations
from bounds.entries import SEGMENTS, Result
from bounds.path import Path
from bounds.program import Program

_CONTRIBUTORS = 8
#: Parts of a path below this share of it are not shown.
_SHARE_MIN = 0.02


def table(results: list[Result]) -> str:
    """One line an entry."""
    lines = [f"{'entry':14} {'stack':>6} {'of':>6}" + "".join(f"{name:>21}" for name in SEGMENTS.values())]
    for result in results:
        lengths = [result.segments.get(kind) for kind in SEGMENTS]
        numbers = "".join(f"{path.length if path else '-':>21}" for path in lengths) if result.entry.is_timed else ""
        lines.append(f"{result.entry.name:14} {result.stack.bytes:>6} {result.stack_size:>6}{numbers}")
    return "\n".join(lines)


def details(program: Program, result: Result) -> str:
    """The deepest stack's calls; the longest stretch: its ends, functions with the most instructions, and the way as a tree."""
    lines = [f"{result.entry.name}: stack {result.stack.bytes} bytes: {' > '.join(result.stack.chain)}"]
    longest = result.longest
    if longest is not None:
        kind = next(SEGMENTS[kind] for kind, path in result.segments.items() if path is longest)
        lines.append(f"  longest stretch: {longest.length} instructions, {kind}")
        lines.append(f"    from {program.place(longest.first())}")
        lines.append(f"    to   {program.place(longest.last())}")
        lines += [f"    {count:>8}  {name}" for name, count in contributors(program, longest).most_common(_CONTRIBUTORS)]
        lines += ["  the way:", *(f"    {line}" for line in _tree(program, longest, longest.length, 0))]
    return "\n".join(lines)


def contributors(program: Program, path: Path) -> Counter[str]:
    """Instructions of a path by the source's functions."""
    totals: Counter[str] = Counter()
    for address, count in path.counts().items():
        frames = program.places.get(address, ())
        totals[frames[-1].function if frames else program.function_of(address)] += count
    return totals


def loops(annotations: Annotations) -> str:
    """Every bound that was used, with its largest value and what all its turns may cost; promises of the hardware are marked."""
    lines = [f"{'loop':40} {'bound':>7} {'instructions':>13}"]
    for bound, value in sorted(annotations.used.items(), key=lambda item: -annotations.costs.get(item[0], 0)):
        assumed = f"   assumed: {bound.assumed}" if bound.assumed else ""
        lines.append(f"{bound!s:40} {value:>7} {annotations.costs.get(bound, 0):>13}  {bound.expression}{assumed}")
    if annotations.counted:
        lines.append(f"and {len(annotations.counted)} loops of the compiler's own, counted in the code")
    return "\n".join(lines)


def _tree(program: Program, path: Path, whole: int, depth: int) -> Iterator[str]:
    """Calls and loops on the way that matter, in their order."""
    parts = []
    at: Path | None = path
    while at is not None:
        if isinstance(at.item, Path) and at.item.length * at.times >= _SHARE_MIN * whole:
            parts.append((at.item, at.times))
        at = at.before
    for part, times in reversed(parts):
        if part.before is None and isinstance(part.item, Path):
            # All turns of a loop.
            yield from _tree(program, part, whole, depth)
            continue
        first = part.first()
        name = program.functions.get(first) or f"in {program.function_of(first)}, {program.place(first).split(' ')[0]}"
        yield f"{'  ' * depth}{part.length * times:>8}  " + (f"{times} x " if times > 1 else "") + name
        yield from _tree(program, part, whole, depth + 1)
