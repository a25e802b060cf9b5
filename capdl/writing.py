# SPDX-License-Identifier: BSD-2-Clause
"""Writes an expansion for people (system.cdl, capDL's vocabulary) and for tools (system.json)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from capdl.expand import Expansion, Made
from capdl.plan_data import Plan
from capdl.quantity import size_text, time_text

_TYPES = {
    "UNTYPED": "ut", "CNODE": "cnode", "TCB": "tcb", "ENDPOINT": "ep", "NOTIFICATION": "notification", "REPLY": "reply", "SCHED_CONTEXT": "sc",
    "TIMER": "timer", "VSPACE": "vspace", "VSPACE_GUEST": "guest_vspace", "FRAME": "frame", "VCPU": "vcpu",
}
_LETTERS = {"READ": "R", "WRITE": "W", "GRANT": "G", "EXECUTE": "X", "INSPECT": "I"}


def _rights(names: list[str]) -> str:
    return "".join(_LETTERS[name] for name in names)


def _runs(expansion: Expansion) -> list[tuple[Made, int]]:
    """Objects by name with their whole count."""
    counts: dict[str, int] = {}
    first: dict[str, Made] = {}
    for made in expansion.made:
        counts[made.name] = counts.get(made.name, 0) + made.count
        first.setdefault(made.name, made)
    return [(first[name], counts[name]) for name in sorted(first)]


def _object_lines(plan: Plan, expansion: Expansion) -> list[str]:
    lines = []
    for made, count in _runs(expansion):
        size = f" ({size_text(1 << made.size_bits)})" if made.type in ("FRAME", "UNTYPED", "CNODE", "VSPACE", "VSPACE_GUEST") else ""
        part = expansion.untypeds[made.untyped]["part"]
        many = f"[{count}]" if count > 1 else ""
        lines.append(f"{made.name}{many} = {_TYPES[made.type]}{size} in {part}")
    for item in sorted(expansion.fixed, key=lambda item: item.name):
        many = f"[{item.count}]" if item.count > 1 else ""
        where = f"paddr {item.address:#x}" if item.kind == "DEVICE" else "payload"
        lines.append(f"{item.name}{many} = frame ({size_text(1 << item.size_bits)}, {where})")
    for irq in sorted(expansion.irqs, key=lambda item: item["name"]):
        lines.append(f"{irq['name']} = irq ({irq['intid']}, {'edge' if irq['is_edge'] else 'level'})")
    return lines


def _untyped_lines(expansion: Expansion) -> list[str]:
    ordered = sorted(expansion.untypeds, key=lambda item: (item["part"], item["piece"]))
    return [f"{item['part']}.ut{item['piece']} = ut ({size_text(1 << item['size_bits'])})" for item in ordered]


def _cap_text(row: dict[str, Any]) -> str:
    words = [_rights(row["rights"])] if row["rights"] else []
    if row["badge"]:
        words.append(f"badge: {row['badge']:#x}")
    if row["move"]:
        words.append("moved")
    many = f"[{row['first']}..{row['first'] + row['count'] - 1}]" if row["count"] > 1 else ""
    return f"{row['object']}{many}" + (f" ({', '.join(words)})" if words else "")


def _grouped(rows: list[dict[str, Any]], key: str) -> dict[Any, list[dict[str, Any]]]:
    """Rows by what they have under a key."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def _cnode_lines(expansion: Expansion) -> list[str]:
    lines = []
    groups = _grouped(expansion.caps, "cnode")
    for cnode in sorted(name for name in groups if name):
        lines.append(f"{cnode} {{")
        rows = sorted(groups[cnode], key=lambda row: row["slot"])
        lines += [f"  {row['slot']}: {row['name']} = {_cap_text(row)}" for row in rows]
        lines.append("}")
    lines.append("roottask.cnode {")
    lines += [f"  {row['name']} = {_cap_text(row)}" for row in sorted(groups.get(None, []), key=lambda row: row["name"])]
    lines.append("}")
    return lines


def _vspace_lines(expansion: Expansion) -> list[str]:
    lines = []
    groups = _grouped(expansion.maps, "vspace")
    for vspace in sorted(groups):
        lines.append(f"{vspace} {{")
        for row in sorted(groups[vspace], key=lambda row: row["address"]):
            many = f"[{row['first']}..{row['first'] + row['count'] - 1}]" if row["count"] > 1 else ""
            attribute = "" if row["attribute"] == "NORMAL" else f", {row['attribute'].lower()}"
            when = ", on demand" if row["on_demand"] else ""
            lines.append(f"  {row['address']:#x}: {row['object']}{many} ({_rights(row['rights'])}{attribute}{when})")
        lines.append("}")
    return lines


def _tcb_lines(expansion: Expansion) -> list[str]:
    lines = []
    for row in sorted(expansion.threads, key=lambda row: row["tcb"]):
        sched = expansion.scheds[row["sched"]]
        lines += [f"{row['tcb']} {{", f"  cspace: {row['cnode']}", f"  vspace: {row['vspace']}"]
        if row["buffer"]:
            lines.append(f"  ipc_buffer: {row['buffer']} at {row['buffer_address']:#x}")
        lines += [f"  fault_ep: {row['fault']}", f"  sc: {sched['context']} (budget: {time_text(sched['budget_ns'])}, period: {time_text(sched['period_ns'])})"]
        if sched["home"]:
            lines.append(f"  sc_home: {sched['home']}")
        for key in ("notification", "vcpu"):
            if row[key]:
                lines.append(f"  bound_{key}: {row[key]}")
        lines.append(f"  priority: {row['priority']}")
        lines.append(f"  features: {'fpu' if row['has_fpu'] else 'none'}")
        lines.append("}")
    return lines


def _bind_lines(expansion: Expansion) -> list[str]:
    lines = [f"{row['handler']} -> {row['object']} (badge: {row['badge']:#x})" for row in expansion.irq_binds]
    lines += [f"{row['timer']} -> {row['object']} (badge: {row['badge']:#x})" for row in expansion.timer_binds]
    return sorted(lines)


def cdl_text(plan: Plan, expansion: Expansion) -> str:
    """Return system.cdl: no slot of the roottask and no payload address, so that it changes only where the system does."""
    sections = (
        ("objects", _object_lines(plan, expansion)), ("untypeds", _untyped_lines(expansion)), ("cnodes", _cnode_lines(expansion)),
        ("vspaces", _vspace_lines(expansion)), ("threads", _tcb_lines(expansion)), ("signals", _bind_lines(expansion)),
    )
    lines = [f"-- Generated by capdl from the spec of system {plan.name}; do not edit.", "arch aarch64"]
    for name, content in sections:
        lines += ["", f"{name} {{"] + [f"  {line}" for line in content] + ["}"]
    return "\n".join(lines) + "\n"


def json_text(plan: Plan, expansion: Expansion, facts: dict[str, Any], folder: Path) -> str:
    """Return system.json: the whole expansion, with slots and offsets; files are relative to folder."""
    source = f"generated by capdl from the spec of system {plan.name}"
    data = {"source": source, "name": plan.name, "board": plan.board, "spec": plan.spec, "parts": plan.parts, **vars(expansion), **facts}
    data["chunks"] = [{**vars(chunk), "file": os.path.relpath(chunk.file, folder)} for chunk in expansion.chunks]
    return json.dumps(data, indent=1, default=vars) + "\n"
