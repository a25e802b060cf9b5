# SPDX-License-Identifier: BSD-2-Clause
"""The memory map: the board's RAM, its devices, and each guest's RAM, as spaces with pieces.

A piece's start is None where the roottask decides it at boot: sizes are exact, places are not. Pieces of a space do not overlap and
stand in the order of a picture; what they leave out is free.
"""

from __future__ import annotations

from typing import Any

from capdl.guest_image import RAM_BASE
from report import built
from report.authority import Authority
from report.built import Build


def parts(authority: Authority, build: Build | None) -> list[dict[str, Any]]:
    """Memory of each part; without a build it is what the plan knows, without programs and page tables."""
    sizes = {part["name"]: 0 for part in authority.plan.parts}
    for item in authority.plan.objects:
        if item.part in sizes:
            sizes[item.part] += item.count << item.size_bits
    if build is not None:
        sizes |= built.part_bytes(build)
    guests = {guest.name for guest in authority.plan.guests}
    return [{"name": name, "kind": "guest" if name in guests else "part", "size": size, "is_whole": build is not None} for name, size in sizes.items()]


def spaces(authority: Authority, build: Build | None, devices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All spaces, the RAM first."""
    return [_ram(authority, build), *_payload(authority, build), *_devices(devices), *(_guest(guest, build) for guest in authority.plan.guests)]


def _piece(name: str, start: int | None, size: int, kind: str, owner: str | None = None) -> dict[str, Any]:
    """`kind`: kernel, payload, part, guest, device, image or free."""
    return {"name": name, "start": start, "size": size, "kind": kind, "owner": owner}


def _ram(authority: Authority, build: Build | None) -> dict[str, Any]:
    board = authority.system.platform
    start, size = board.ram
    pieces = [_piece("free, before the kernel", start, board.kernel_base - start, "free")] if board.kernel_base > start else []
    pieces += _kernel(authority, build)
    first_free = pieces[-1]["start"] + pieces[-1]["size"]
    for part in parts(authority, build):
        if part["size"]:
            pieces.append(_piece(f"part {part['name']}", None, part["size"], part["kind"], part["name"] if part["name"] not in ("roottask", "shared") else None))
    used = sum(piece["size"] for piece in pieces if piece["start"] is None)
    left = max(start + size - first_free - used, 0)
    return {"name": "RAM", "of": board.name, "start": start, "size": size, "pieces": [*pieces, _piece("free", None, left, "free")]}


def _kernel(authority: Authority, build: Build | None) -> list[dict[str, Any]]:
    """The kernel, what is loaded behind it, and what it keeps for itself (the most that the board's files allow)."""
    board = authority.system.platform
    if build is None:
        return [_piece("the kernel and what it keeps, at most", board.kernel_base, board.kernel_reserved, "kernel")]
    end, payload, size = built.kernel_and_payload(build, board.kernel_base)
    return [
        _piece("the kernel", board.kernel_base, end - board.kernel_base, "kernel"), _piece("free, up to the payload", end, payload - end, "free"),
        _piece("the payload: roottask, programs, guests' images", payload, size, "payload"), _piece("what the kernel keeps, at most", payload + size, board.kernel_reserved, "kernel"),
    ]


def _payload(authority: Authority, build: Build | None) -> list[dict[str, Any]]:
    """What the payload holds: the roottask, the compiled spec, programs, guests' images once each."""
    if build is None:
        return []
    _, start, size = built.kernel_and_payload(build, authority.system.platform.kernel_base)
    booted = built.booted(build)
    pieces = [_piece("the spec for the roottask", start + build.expansion["spec_offset"], build.expansion["roottask"]["spec_size"], "payload")]
    for chunk in build.expansion["chunks"]:
        owner, _, _ = chunk["what"].partition(".")
        name, kind = (booted[chunk["what"]], "image") if owner == "image" else (f"the program of {owner}", "payload")
        pieces.append(_piece(name, start + chunk["offset"], chunk["size"], kind, owner if kind == "payload" and owner != "roottask" else None))
    pieces.sort(key=lambda piece: piece["start"])
    return [{"name": "payload", "of": None, "start": start, "size": size, "pieces": _with_gaps(_joined(pieces), start, start + size)}]


def _joined(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pieces of one program behind each other as one."""
    found: list[dict[str, Any]] = []
    for piece in pieces:
        if found and found[-1]["name"] == piece["name"]:
            found[-1]["size"] = piece["start"] + piece["size"] - found[-1]["start"]
        else:
            found.append(piece)
    return found


def _devices(devices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where the board's devices lie."""
    pieces = [
        _piece(device["name"] + (f", registers {number}" if number else ""), each["address"], each["size"], "device", device["owner"])
        for device in devices for number, each in enumerate(device["registers"])
    ]
    if not pieces:
        return []
    pieces.sort(key=lambda piece: piece["start"])
    start = pieces[0]["start"]
    end = max(piece["start"] + piece["size"] for piece in pieces)
    return [{"name": "devices", "of": None, "start": start, "size": end - start, "pieces": _with_gaps(pieces, start, end)}]


def _guest(guest: Any, build: Build | None) -> dict[str, Any]:
    """A guest's RAM, and in it what it boots."""
    pieces = []
    if build is not None:
        pieces = [_piece(each["what"], each["address"], each["size"], "image", guest.name) for each in build.guest_pieces(guest.name)]
    return {"name": f"RAM of {guest.name}", "of": guest.name, "start": RAM_BASE, "size": guest.memory, "pieces": _with_gaps(pieces, RAM_BASE, RAM_BASE + guest.memory)}


def _with_gaps(pieces: list[dict[str, Any]], start: int, end: int) -> list[dict[str, Any]]:
    """Pieces by rising address with what is free between them."""
    found, at = [], start
    for piece in pieces:
        if piece["start"] > at:
            found.append(_piece("free", at, piece["start"] - at, "free"))
        found.append(piece)
        at = max(at, piece["start"] + piece["size"])
    return [*found, _piece("free", at, end - at, "free")] if end > at else found
