# SPDX-License-Identifier: BSD-2-Clause
"""The ways into the kernel, and what is computed for each.

An exception from EL0 or EL1 comes in at one vector whatever its cause: a case leaves out the functions of the other causes. A preempted operation
comes back as its system call. Assumptions of these figures: README.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bounds.annotations import Annotations
from bounds.errors import Unbounded
from bounds.flow import Graph
from bounds.path import Lengths, Path, longer
from bounds.paths import Paths
from bounds.program import Program
from bounds.stack import Depth, Stacks


@dataclass(frozen=True)
class Entry:
    """A way in: an address, functions that do not belong to it, and whether interrupts wait while it lasts."""

    name: str
    symbol: str
    offset: int = 0
    without: frozenset[str] = frozenset()
    is_timed: bool = True
    stack: str = "kernel"


_VECTORS = "exception_vectors"
_CAUSES = frozenset({"kernel_syscall", "kernel_invoke", "guest_exit", "native_fault", "fpu_take"})
#: A Call is to the kernel, or refused there and goes the common way: it never comes back from kernel_invoke to that.
_INVOCATION = _CAUSES - {"kernel_invoke"}
#: What a system call that begins with a fastpath may come to.
_WAITS = frozenset({"notify_by_queue"})

#: The kernel's; offsets as the architecture has them (DDI 0487, D1.3.1).
KERNEL_ENTRIES = (
    Entry("system call", _VECTORS, 0x400, _CAUSES - {"kernel_syscall"}),
    Entry("invocation", _VECTORS, 0x400, _INVOCATION | {"run_console_write"}),
    Entry("console write", _VECTORS, 0x400, _INVOCATION),
    Entry("VM exit", _VECTORS, 0x400, _CAUSES - {"guest_exit", "fpu_take"} | _WAITS),
    Entry("fault", _VECTORS, 0x400, _CAUSES - {"native_fault", "fpu_take"} | _WAITS),
    Entry("interrupt", _VECTORS, 0x480),
    Entry("SError", _VECTORS, 0x580),
    Entry("boot", "_start", is_timed=False),
    Entry("kernel bug", _VECTORS, 0, is_timed=False, stack="emergency"),
)

SEGMENTS = {
    "through": "entry to exit",
    "head": "entry to first look",
    "between": "look to look",
    "tail": "last look to exit",
}


@dataclass
class Result:
    """What was computed for an entry."""

    entry: Entry
    stack: Depth
    stack_size: int
    lengths: Lengths = field(default_factory=Lengths)

    @property
    def segments(self) -> dict[str, Path]:
        """The stretches there are, by the names of Lengths."""
        found = {"through": self.lengths.out, "head": self.lengths.head, "between": self.lengths.between, "tail": self.lengths.out_tail}
        return {kind: path for kind, path in found.items() if path is not None}

    @property
    def longest(self) -> Path | None:
        """The longest stretch without a look."""
        longest = None
        for path in self.segments.values():
            longest = longer(longest, path)
        return longest


def compute(
    program: Program,
    graph: Graph,
    annotations: Annotations,
    entries: tuple[Entry, ...],
    sizes: dict[str, int],
    untimed: frozenset[str] = frozenset(),
) -> list[Result]:
    """Stack and longest stretches of each entry; `sizes` are the bytes of the stacks by name. No stretch leads through a function of `untimed`."""
    annotations.check_names()
    results = []
    whole = Stacks(graph)
    paths = Paths(graph, annotations)
    for entry in entries:
        start = program.symbol(entry.symbol) + entry.offset
        if start not in program.code:
            raise Unbounded(f"the entry {entry.name} should be at {entry.symbol} + {entry.offset:#x}: no code is there")
        excluded = _excluded(program, entry)
        stacks = Stacks(graph, excluded)
        whole.depth(start)
        result = Result(entry, stacks.depth(start), sizes[entry.stack])
        if entry.is_timed:
            result.lengths = paths.lengths(start, entry.without | untimed)
        results.append(result)
    whole.check_declared()
    return results


def _excluded(program: Program, entry: Entry) -> Callable[[int], bool]:
    """Instructions of the functions that the entry is without, inlined or not."""
    found: set[int] = set()
    seen: set[str] = set()
    for address, frames in program.places.items():
        names = entry.without.intersection(frame.function for frame in frames)
        seen |= names
        if names:
            found.add(address)
    if seen != entry.without:
        raise Unbounded(f"the entry {entry.name} is without {', '.join(sorted(entry.without - seen))}, which the program does not have; correct entries.py")
    return found.__contains__


def stack_sizes(program: Program) -> dict[str, int]:
    """The kernel's stacks (entry.S): the guard is one page below the kernel stack."""
    top = program.symbol("kernel_stack_top")
    return {
        "kernel": top - program.symbol("kernel_stack_guard") - 4096,
        "emergency": program.symbol("emergency_stack_top") - top,
    }
