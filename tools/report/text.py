# SPDX-License-Identifier: BSD-2-Clause
"""The report in the terminal: tables of the same data that JSON and page have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from report import words


def render(data: dict[str, Any]) -> str:
    """All sections, those with nothing in them left out."""
    sections = (
        ("processes", _processes(data)), ("authority", _authority(data)), ("channels", _channels(data)), ("shared memory", _regions(data)), ("devices", _devices(data)),
        ("interrupts", _interrupts(data)), ("emulated devices", _emulated(data)), ("time", _time(data)), ("memory map", _memory(data)), ("trusts", _trusts(data)), ("policy", _policy(data)),
        ("assurance", _assurance(data)), ("files", _files(data)), ("trace", _trace(data)),
    )
    system = data["system"]
    head = [f"system {system['name']} ({system['spec']}) on {system['board']}: {words.kinds(data['processes'])}", system["build"]]
    return "\n".join([*head, *(line for title, lines in sections if lines for line in ("", f"{title}:", *(f"  {line}" for line in lines)))])


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Columns as wide as their widest cell; empty ones are left out."""
    cells = [[str(cell) for cell in row] for row in rows]
    used = [at for at in range(len(head)) if any(row[at] for row in cells)]
    widths = {at: max(len(head[at]), *(len(row[at]) for row in cells)) for at in used}
    return ["  ".join(f"{row[at]:<{widths[at]}}" for at in used).rstrip() for row in (head, *cells)] if cells else []


def _processes(data: dict[str, Any]) -> list[str]:
    rows = [(each["name"], each["kind"], each["source"] or "", words.size(each["memory"]), each["licence"] or "", each["place"]) for each in data["processes"]]
    return _table(("name", "kind", "source", "RAM", "licence", "spec"), rows)


def _authority(data: dict[str, Any]) -> list[str]:
    lines = []
    for each in data["processes"]:
        if each["capabilities"]:
            rows = [(f"  {cap['name']}", words.rights(cap["rights"], cap["type"]), f"{cap['does']} {cap['thing']}", cap["place"]) for cap in each["capabilities"]]
            lines += [each["name"], *_table(("  name", "rights", "may", "spec"), rows)[1:]]
    return lines


def _channels(data: dict[str, Any]) -> list[str]:
    rows = [
        (each["name"], each["server"], each["protocol"]["name"] if each["protocol"] else "", ", ".join(f"{client['process']} {words.client(client)}".rstrip() for client in each["clients"]) or "nobody",
         "separates its clients" if each["separates_clients"] else "", each["place"])
        for each in data["channels"]
    ]
    lines = _table(("channel", "server", "protocol", "clients", "trust", "spec"), rows)
    lines += [f"{each['from']} signals {each['to']}, {each['bit']} ({each['place']})" for each in data["signals"] if not each["is_console"]]
    if data["system"]["console_server"] is not None:
        lines.append(f"everybody's console goes to {data['system']['console_server']}, by a ring and a signal each way")
    return lines


def _regions(data: dict[str, Any]) -> list[str]:
    rows = [
        (each["name"], words.size(each["size"]), ", ".join(f"{member['process']} {words.rights(member['rights'])}" for member in each["members"]), "doorbell" if each["has_doorbell"] else "", each["place"])
        for each in data["regions"] if not each["is_console"]
    ]
    return _table(("region", "size", "who", "", "spec"), rows)


def owner(row: dict[str, Any]) -> str:
    """Who owns a device or an interrupt."""
    return row["owner"] or "nobody"


def notes(device: dict[str, Any]) -> str:
    """What else there is to know of a device."""
    said = [text for key, text in (("is_bus_master", "bus master without an IOMMU"), ("is_kernels_console", "the kernel's early console")) if device[key]]
    return ", ".join(said)


def _devices(data: dict[str, Any]) -> list[str]:
    rows = [
        (each["name"], each["compatible"], " ".join(f"{area['address']:#x}+{words.size(area['size'])}" for area in each["registers"]), owner(each), notes(each), each["place"] or "")
        for each in data["devices"]
    ]
    return _table(("device", "compatible", "registers", "owner", "", "spec"), rows)


def _interrupts(data: dict[str, Any]) -> list[str]:
    rows = [(each["intid"], each["trigger"], each["device"], owner(each), each["bit"] or "", each["place"] or "") for each in data["interrupts"]]
    return _table(("intid", "trigger", "device", "owner", "bit", "spec"), rows)


def _emulated(data: dict[str, Any]) -> list[str]:
    rows = [
        (guest["name"], each["name"], each["compatible"][0], f"{each['address']:#x}+{words.size(each['size'])}", each["intid"] or "", each["source"], each["place"])
        for guest in data["processes"] for each in guest["emulated"]
    ]
    return _table(("guest", "device", "compatible", "registers", "intid", "source", "spec"), rows)


def _time(data: dict[str, Any]) -> list[str]:
    rows = []
    for each in sorted(data["processes"], key=lambda row: -row["time"]["priority"]):
        time = each["time"]
        share = words.percent(time["share"]) if time["budget_ns"] is not None else ""
        rows.append((each["name"], time["priority"], words.budget(time), share, words.time(time["response_ns"]), words.margin(time), ", ".join(time["servers"]), time["place"]))
    lines = [f"{words.percent(data['time']['utilisation'])} of the core is given away", *_table(("name", "priority", "budget", "share", "has it within", "margin", "works through", "spec"), rows)]
    return lines + data["time"]["inversions"]


def _memory(data: dict[str, Any]) -> list[str]:
    lines = []
    for space in data["memory"]["spaces"]:
        rows = [(f"  {words.address(piece['start'])}", words.size(piece["size"]), piece["name"], piece["owner"] or "") for piece in space["pieces"]]
        lines += [f"{space['name']}: {words.size(space['size'])} from {space['start']:#x}", *_table(("  from", "size", "what", "owner"), rows)]
    return lines


def _trusts(data: dict[str, Any]) -> list[str]:
    trusts = data["trusts"]
    return [*trusts["always"], *trusts["by_spec"], *(f"may stop everything: {text}" for text in trusts["stops_all"])]


def _policy(data: dict[str, Any]) -> list[str]:
    lines = []
    for each in data["policy"]:
        resting = f", resting on: {'; '.join(each['rests_on'])}" if each["rests_on"] else ""
        lines += [f"{'broken' if each['broken_by'] else 'holds'}: {each['statement']} ({each['place']}){resting}", *each["broken_by"]]
    return lines or ["the spec states none"]


def _assurance(data: dict[str, Any]) -> list[str]:
    return _table(("what", "where", "is about"), [(each["what"], each["where"], words.COVERS[each["covers"]]) for each in data["assurance"]])


def _files(data: dict[str, Any]) -> list[str]:
    rows = [(each["what"] + (f" of {each['guest']}" if each["guest"] else ""), words.size(each["size"]), sections(each), each["sha256"], each["file"]) for each in data["files"]]
    return _table(("what", "size", "loaded", "SHA-256", "file"), rows)


def sections(file: dict[str, Any]) -> str:
    """A program's bytes by kind."""
    return ", ".join(f"{name} {count}" for name, count in file["sections"].items()) if file["sections"] else ""


def _trace(data: dict[str, Any]) -> list[str]:
    trace = data["trace"]
    if trace is None:
        return []
    rows = [(each["name"], words.percent(each["share"]), each["runs"], words.measured(each["longest_ns"]), words.events(each)) for each in trace["threads"]]
    return [words.span(trace), *_table(("thread", "core", "runs", "longest", "events"), rows)]
