# SPDX-License-Identifier: BSD-2-Clause
"""Whether an image was built from a spec: what lies beside it says of what, and the image has the spec that the roottask carries out in it.

Three files bind the two: gen/plan.json is the plan it was built from, system.json what of that became capabilities, mappings and threads (an
older one than the plan stays if a build breaks off), spec.bin the same as bytes, which are in the image. A copy of the image goes with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from capdl.authority.answer import Unknown
from capdl.plan_data import Plan, meant

_AGAIN = "build the system again, and name the image.bin of that build"


def check(plan: Plan, image: Path) -> None:
    """Raise Unknown, with the first thing that differs, if an image was not built from the spec of this plan."""
    folder = image.parent
    if not image.is_file():
        raise Unknown(f"there is no file {image}; build the system, and name its image.bin")
    built, made = (_read(folder / name, image) for name in ("gen/plan.json", "system.json"))
    try:
        difference = next(_differences(_anywhere(built), _anywhere(json.loads(plan.json_text()))), None) or next(_unlike(plan, made), None)
    except (KeyError, TypeError, IndexError, AttributeError):
        raise Unknown(f"what lies beside {image} is of another version of Selvedge; {_AGAIN}") from None
    if difference:
        raise Unknown(f"{image} was not built from this spec: {difference}; {_AGAIN}")
    if _bytes(folder / "spec.bin", image) not in image.read_bytes():
        raise Unknown(f"{image} does not have {folder / 'spec.bin'} in it: it is of another build than what lies beside it; {_AGAIN}")


def _bytes(path: Path, image: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise Unknown(f"there is no {path}, which would say what {image.name} was built from; name the image.bin in the folder of a build") from None


def _read(path: Path, image: Path) -> dict[str, Any]:
    try:
        data = json.loads(_bytes(path, image))
    except ValueError:
        raise Unknown(f"{path} is damaged and does not say what {image.name} was built from; {_AGAIN}") from None
    if not isinstance(data, dict):
        raise Unknown(f"{path} is damaged and does not say what {image.name} was built from; {_AGAIN}")
    return data


def _anywhere(plan: dict[str, Any]) -> dict[str, Any]:
    """What a plan means in every clone: components and emulated devices by the names of their folders and files, not by where these lie."""
    here = meant(plan)
    processes = [{**row, "folder": Path(row["folder"]).name} for row in here["processes"]]
    guests = [{**guest, "devices": [{**row, "source": Path(row["source"]).name} for row in guest["devices"]]} for guest in here["guests"]]
    return {**here, "processes": processes, "guests": guests}


def _differences(old: Any, new: Any, where: str = "") -> Iterator[str]:
    """Where two plans differ, in words: rows are known by what names them."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*new, *old)):
            yield from _differences(old.get(key), new.get(key), f"{where} {key}" if where else key)
    elif isinstance(old, list) and isinstance(new, list) and all(isinstance(row, dict) for row in (*old, *new)):
        before, after = ({_name(row): row for row in rows} for rows in (old, new))
        for name in dict.fromkeys((*before, *after)):
            if name not in before or name not in after:
                yield f"{where} has {name} only {'in the spec' if name in after else 'in the image'}"
            else:
                yield from _differences(before[name], after[name], f"{where} {name}:")
        if old != new and before == after:
            yield f"{where} stand in another order"
    elif old != new:
        yield f"{where} is {_text(old)} in the image, {_text(new)} in the spec"


def _name(row: dict[str, Any]) -> str:
    """What a row of a plan is known by."""
    if "name" in row and "slot" not in row:
        return str(row["name"])
    keys = [key for key in ("cnode", "name", "vspace", "object", "handler", "timer", "client", "address") if key in row and (key != "object" or "name" not in row)]
    return " ".join(str(row[key]) for key in keys) or json.dumps(row, sort_keys=True)


def _text(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value)


def _unlike(plan: Plan, made: dict[str, Any]) -> Iterator[str]:
    """What system.json has otherwise than the plan: capabilities and mappings that the plan names, and every thread's time."""
    nodes, objects = {cap.cnode for cap in plan.caps}, {item.object for item in plan.maps}
    caps = [{(cap.cnode, cap.name, cap.object, tuple(sorted(cap.rights)), cap.badge) for cap in plan.caps},
            {(row["cnode"], row["name"], row["object"], tuple(sorted(row["rights"])), row["badge"]) for row in made["caps"] if row["cnode"] in nodes}]
    maps = [{(item.vspace, item.object, item.address, tuple(sorted(item.rights))) for item in plan.maps},
            {(row["vspace"], row["object"], row["address"], tuple(sorted(row["rights"]))) for row in made["maps"] if row["object"] in objects}]
    for first, second in (caps, maps):
        for row in sorted(first ^ second, key=str):
            yield f"{row[0]} has {row[1]}{f' ({row[2]})' if isinstance(row[2], str) else ''} {'otherwise or not at all in the image' if row in first else 'otherwise or not at all in the spec'}"
    times = {row["tcb"]: (row["priority"], made["scheds"][row["sched"]]["budget_ns"], made["scheds"][row["sched"]]["period_ns"]) for row in made["threads"]}
    for thread in plan.threads:
        time = (thread.priority, thread.budget_ns, thread.period_ns)
        if times.get(thread.tcb) != time:
            yield f"priority, budget and period (ns) of {thread.name} are {times.get(thread.tcb)} in the image, {time} in the spec"
