# SPDX-License-Identifier: BSD-2-Clause
"""The report of `--profile exits`: a table for each guest, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from exits.advice import advice
from exits.names import Name, name_of, system_registers
from exits.plugin import Abi
from exits.records import Guest, Reading, Sum
from exits.space import Space

#: Causes of a guest that the table shows; the JSON file has all.
_SHOWN = 20
_HEADS = ("exits", "share", "kernel", "VMM", "total", "each", "of all", "others")
_WIDTHS = (10, 9, 13, 13, 13, 11, 8, 12)
_LEGEND = (
    "share: of the guest's exits. kernel, VMM: instructions for these exits alone, to the guest's next one; each: both of an exit; of all: both, of all that was executed.\n"
    "others: what processes but its VMM executed, and the kernel for them, before the guest went on (not while it rests); whether for it or not cannot be told."
)


@dataclass(frozen=True)
class Run:
    """What was measured: names, and the processes in the order the plugin knows them."""

    system: str
    preset: str
    processes: tuple[str, ...]
    guests: tuple[str, ...]
    since: str | None = None
    spaces: Mapping[str, Space] = field(default_factory=dict)

    def space_of(self, guest: str) -> Space:
        """What a guest has where; nothing if that is not known."""
        return self.spaces.get(guest, Space())


def guest_name(guest: Guest, index: int, run: Run) -> str:
    """The guest's name in the spec: its VMM's has it, or it is the only one."""
    if guest.vmm is not None and guest.vmm < len(run.processes):
        return run.processes[guest.vmm].removeprefix("vmm_")
    return run.guests[0] if len(run.guests) == 1 else f"number {index}, which has not reached its VMM"


def as_json(reading: Reading, run: Run, abi: Abi) -> dict:
    """Everything, for tools."""
    registers = system_registers((key for guest in reading.guests for key in guest.rows), abi)
    processes = [{"name": name, "instructions": each.user, "kernel": each.kernel} for name, each in zip((*run.processes, "unknown"), _of_run(reading, run), strict=True)]
    return {
        "system": run.system, "preset": run.preset, "since": run.since, "executed": reading.executed, "nobody": reading.nobody, "processes": processes,
        "guests": [_guest_json(guest, guest_name(guest, i, run), abi, registers, run) for i, guest in enumerate(reading.guests)],
    }


def _of_run(reading: Reading, run: Run) -> list:
    """The processes that there are, and the sum for unknown ones, which is the last."""
    return [*reading.processes[: len(run.processes)], reading.processes[-1]]


def _guest_json(guest: Guest, name: str, abi: Abi, registers: dict[int, str], run: Run) -> dict:
    sums: dict[Name, Sum] = {}
    for key, each in guest.rows.items():
        cause = name_of(key, abi, registers, run.space_of(name))
        sums[cause] = sums.get(cause, Sum()) + each
    named = list(sums.items())
    rows = [_row_json(cause, each) for cause, each in sorted(named, key=lambda pair: (-pair[1].total, pair[0].text))]
    costs = [(cause, each.total, each.pc) for cause, each in named]
    return {"name": name, "instructions": guest.executed, "exits": sum(row["count"] for row in rows), "taken_by_vmm": guest.handled, "rows": rows, "advice": advice(costs)}


def _row_json(cause: Name, each: Sum) -> dict:
    return {"kind": cause.kind, "cause": cause.text, "group": cause.group, "number": cause.number, "count": each.count, "kernel": each.kernel, "vmm": each.vmm, "others": each.others,
            "total": each.total, "pc": each.pc, "esr": each.esr}


def text(report: dict) -> str:
    """What `sel run` prints of as_json's result."""
    since = f" since {report['since']!r}" if report["since"] else ""
    lines = [f"exits of {report['system']}, preset {report['preset']}: {report['executed']:,} instructions executed{since}"]
    for guest in report["guests"]:
        lines += ["", *_guest_lines(guest, report["executed"])]
    return "\n".join([*lines, "", *_rest_lines(report), "", _LEGEND])


def _guest_lines(guest: dict, executed: int) -> list[str]:
    rows = _merged(guest["rows"])
    lines = [f"guest {guest['name']}: {guest['exits']:,} exits; {guest['instructions']:,} instructions of its own"]
    if not rows:
        return lines
    groups: dict[str, list[dict]] = {}
    for row in rows[:_SHOWN]:
        groups.setdefault(row["kind"], []).append(row)
    if rows[_SHOWN:]:
        groups["further"] = [_sum_of(rows[_SHOWN:], f"{len(rows[_SHOWN:])} causes")]
    width = max(len(row["cause"]) for members in groups.values() for row in members) + 2
    whole = _sum_of(rows, "all")
    lines.append(" " * width + "".join(f"{head:>{size}}" for head, size in zip(_HEADS, _WIDTHS, strict=True)))
    for kind, members in groups.items():
        lines += [kind, *(_line(f"  {row['cause']}", row, width, whole["count"], executed) for row in members)]
    return [*lines, _line("all", whole, width, whole["count"], executed), *guest["advice"]]


def _merged(rows: list[dict]) -> list[dict]:
    """One row for each array of registers."""
    arrays: dict[str, list[dict]] = {}
    for row in rows:
        arrays.setdefault(row["group"] or row["cause"], []).append(row)
    made = [members[0] if len(members) == 1 else {**_sum_of(members, f"{name} ({len(members)} registers)"), "kind": members[0]["kind"]} for name, members in arrays.items()]
    return sorted(made, key=lambda row: -row["total"])


def _sum_of(rows: Iterable[dict], cause: str) -> dict:
    rows = list(rows)
    return {"cause": cause, **{name: sum(row[name] for row in rows) for name in ("count", "kernel", "vmm", "others", "total")}}


def _line(cause: str, row: dict, width: int, count: int, executed: int) -> str:
    cells = (f"{row['count']:,}", f"{100 * row['count'] / count:.1f} %", f"{row['kernel']:,}", f"{row['vmm']:,}", f"{row['total']:,}",
             f"{row['total'] / row['count']:.0f}", f"{100 * row['total'] / executed:.2f} %", f"{row['others']:,}")
    return f"{cause:<{width}}" + "".join(f"{cell:>{size}}" for cell, size in zip(cells, _WIDTHS, strict=True))


def _rest_lines(report: dict) -> list[str]:
    """What belongs to no exit."""
    width = max(len(each["name"]) for each in report["processes"]) + 2
    lines = [f"beside exits: {report['nobody']:,} instructions of the kernel for nobody (its start, waiting); processes, and the kernel for them:"]
    lines += [f"  {each['name']:<{width}}{each['instructions']:>14,}{each['kernel']:>14,}" for each in report["processes"] if each["instructions"] or each["kernel"]]
    return lines
