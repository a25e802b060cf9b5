# SPDX-License-Identifier: BSD-2-Clause
"""Checks of a guest: its image, where it lies in memory, and the process that is its VMM."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from capdl import check_devices, guest_fdt, guest_image, inputs
from capdl.checker import Checker
from capdl.diagnostics import EnvironmentFault, Place, listing, nearest
from capdl.guest_image import RAM_BASE, ImageError, Piece, Placement
from capdl.value_types import Struct, Value
from capdl.model import Guest, GuestDevice, Process, Time
from capdl.layout import round_up
from capdl.platform import Platform
from capdl.quantity import at_least, range_text, size_text

CMDLINE_BYTES_MAX = 2047
VMM_BUDGET_NS = 2_000_000  # loading the guest runs on it, so it is not small
VMM_PERIOD_NS = 10_000_000
KINDS = ("kernel", "raw", "elf")
MEMORY_STEP = 2 << 20  # what `sel run --memory` takes is what a remedy names
LINUX_OWN_BYTES = 24 << 20  # beside image, initrd and device tree: with less Debian's kernel dies before its console is there, or panics
ELF_OFFSET = 2 << 20  # leaves room for the device tree at the base of RAM

NOTHING = Placement((), 0, None, None)

Placer = Callable[[int], Placement]


def _fetch() -> tuple[Any, type[Exception]]:
    """The module that fetches named images, and what it raises when it cannot."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
    try:
        from sel import fetch
        from sel.errors import BadEnvironment
    finally:
        sys.path.pop(0)
    return fetch, BadEnvironment


class _Images:
    """Finds and reads the image files of one guest."""

    def __init__(self, checker: Checker, subject: str):
        self.checker = checker
        self.subject = subject
        self.files: list[Path] = []
        self.named: dict[str, str | int | Path] = {}

    def find(self, value: Value) -> Path | None:
        """A named image or a file relative to the spec."""
        fetch, BadEnvironment = _fetch()
        text = value.data
        if fetch.is_name(text):
            try:
                return Path(fetch.resolve(text))
            except BadEnvironment as error:
                raise EnvironmentFault(f"the image '{text}' could not be had: {error}") from None
        path = self.checker.folder(value.place) / text
        kind = inputs.kind_of(path)
        if kind in (inputs.FOLDER, inputs.OTHER):
            self.checker.add("SEL-S053", value.place, self.subject, path=text[:200], reason=inputs.NO_FILE[kind])
            return None
        if kind == inputs.NOTHING:
            if ":" in text and "/" not in text:
                self.checker.add("SEL-S061", value.place, self.subject, name=text[:200], nearest=nearest(text, fetch.NAMES), permitted=listing(fetch.NAMES))
                return None
            self.checker.add("SEL-S052", value.place, self.subject, path=text[:200], names=", ".join(fetch.NAMES))
            return None
        return path.resolve()

    def read(self, key: str, value: Value, convert: Callable[[bytes], bytes] = bytes) -> bytes | None:
        """The bytes of an image; None was reported."""
        path = self.find(value)
        if path is None:
            return None
        self.files.append(path)
        self.named[key] = value.data if _fetch()[0].is_name(value.data) else path
        try:
            return convert(guest_image.read(path))
        except ImageError as error:
            self.refuse(error, value)
            return None

    def refuse(self, error: ImageError, value: Value) -> None:
        """Report an ImageError at the key that named the image."""
        self.checker.add(error.id, value.place, self.subject, path=value.data[:200], **error.values)


def _kind(checker: Checker, image: Struct, subject: str) -> str | None:
    """Exactly one of kernel, raw and elf; the others' keys are absent."""
    given = [kind for kind in KINDS if image[kind].given]
    if len(given) != 1:
        found = " and ".join(f"`{kind}`" for kind in given) if given else "none of them"
        checker.add("SEL-S050", image.place, subject, found=found)
        return None
    kind = given[0]
    for key, goes_with in (("load", ("raw",)), ("initrd", ("kernel", "raw"))):
        if image[key].given and kind not in goes_with:
            checker.add("SEL-S051", image[key].place, subject, key=key, needs="` or `".join(goes_with))
    return kind


def _placer(checker: Checker, images: _Images, image: Struct, kind: str, memory: int) -> Placer | None:
    """Read the images; return what places them, as QEMU would, in a guest of so much memory."""
    initrd = images.read("initrd", image["initrd"]) if image["initrd"].given else None
    data = images.read(kind, image[kind], guest_image.unpack)
    if data is None or (image["initrd"].given and initrd is None):
        return None
    if kind == "kernel":
        return lambda memory: guest_image.place_linux(data, initrd, memory)
    if kind == "elf":
        return lambda _: guest_image.place_elf(data)
    load = image["load"]
    if not _is_load_possible(checker, images.subject, load, memory):
        return None
    return lambda memory: guest_image.place_raw(data, load.data if load.given else None, initrd, memory)


def _is_load_possible(checker: Checker, subject: str, load: Value, memory: int) -> bool:
    """Check `load`."""
    if not load.given:
        return True
    if load.data % 4:
        checker.add("SEL-S062", load.place, subject, address=hex(load.data), unit=4, rounded=hex(load.data & ~3))
        return False
    if not RAM_BASE <= load.data < RAM_BASE + memory:
        checker.add("SEL-S059", load.place, subject, address=hex(load.data), range=range_text(RAM_BASE, RAM_BASE + memory))
        return False
    return True


def _memory_needed(place: Placer, memory: int, ram_bytes: int) -> int | None:
    """The least memory above `memory` that holds everything: with more of it initrd and device tree move up, too."""
    while memory < ram_bytes:
        end = max(piece.end for piece in place(memory).pieces) - RAM_BASE
        if end <= memory:
            return memory
        memory = round_up(end, MEMORY_STEP)
    return None


def _refuse_outside(checker: Checker, subject: str, image: Value, kind: str, piece: Piece, memory: int, needed: int | None, ram_bytes: int) -> None:
    """Report a piece that is not in RAM."""
    if kind == "elf" and (piece.address < RAM_BASE or needed is None):
        checker.add(
            "SEL-S064", image.place, subject, path=image.data[:200], what=piece.what, segment_range=range_text(piece.address, piece.end),
            range=range_text(RAM_BASE, RAM_BASE + memory), base=hex(RAM_BASE + (ELF_OFFSET if memory > ELF_OFFSET else 0)),
        )
        return
    if needed and kind == "kernel":
        held, needed = needed, needed + LINUX_OWN_BYTES if needed + LINUX_OWN_BYTES <= ram_bytes else None
        why = f" ({size_text(held)} hold only image, initrd and device tree, Linux itself needs {size_text(LINUX_OWN_BYTES)} or more besides)"
    else:
        why = ""
    remedy = f"raise memory to at least {size_text(needed)}{why}" if needed else f"use a smaller image: the board has {size_text(ram_bytes)} in all"
    checker.add(
        "SEL-S057", image.place, subject,
        what=piece.what, needed=size_text(piece.memory_size), address=hex(piece.address), end=hex(RAM_BASE + memory), remedy=remedy,
    )


def _fits(checker: Checker, subject: str, image: Value, kind: str, place: Placer, memory: int, ram_bytes: int) -> None:
    """Every piece lies in RAM and none over another."""
    pieces = place(memory).pieces
    outside = next((piece for piece in pieces if piece.address < RAM_BASE or piece.end > RAM_BASE + memory), None)
    if outside:
        _refuse_outside(checker, subject, image, kind, outside, memory, _memory_needed(place, memory, ram_bytes), ram_bytes)
    remedy = "link its segments apart" if kind == "elf" else f"choose a load address behind, such as {RAM_BASE + guest_image.RAW_OFFSET:#x}"
    ordered = sorted(pieces, key=lambda piece: piece.address)
    for first, second in zip(ordered, ordered[1:]):
        if first.end > second.address:
            checker.add(
                "SEL-S058", image.place, subject,
                first=first.what, first_range=range_text(first.address, first.end), second=second.what, second_range=range_text(second.address, second.end),
                remedy=remedy,
            )


def guest(checker: Checker, name: str, keys: Struct, time: Time, subject: str, place: Place, board: Platform, written_at: str = "") -> Guest | None:
    """Check a guest for a board; None was reported."""
    memory = checker.whole_pages(keys, "memory", subject)
    devices = check_devices.devices(checker, keys, subject, board.gic_version)
    image: Struct = keys["image"].data
    kind = _kind(checker, image, subject)
    cmdline = image["cmdline"]
    size = len(cmdline.data.encode("utf-8"))
    if size > CMDLINE_BYTES_MAX:
        checker.add("SEL-S060", cmdline.place, subject, size=size, bound=CMDLINE_BYTES_MAX)
    if kind is None:
        return None
    images = _Images(checker, subject)
    if not checker.reads_images:
        return _guest(name, memory, time, NOTHING, keys, images, place, written_at, devices)
    placer = _placer(checker, images, image, kind, memory)
    if placer is None:
        return None

    def place_all(memory: int) -> Placement:
        return _with_tree(placer(memory), memory, cmdline.data, board, devices)

    try:
        placement = place_all(memory)
    except ImageError as error:
        images.refuse(error, image[kind])
        return None
    _fits(checker, subject, image[kind], kind, place_all, memory, board.ram[1])
    return _guest(name, memory, time, placement, keys, images, place, written_at, devices)


def shortage(guest: Guest) -> str:
    """Say that a Linux guest has room for its pieces and hardly more, which is no fault of the spec; empty if it has enough."""
    pieces = {piece.what: piece for piece in guest.placement.pieces}
    if "the kernel" not in pieces:
        return ""
    taken = pieces["the kernel"].end - RAM_BASE + sum(piece.memory_size for what, piece in pieces.items() if what in ("the initrd", "the device tree"))
    wanted = round_up(taken + LINUX_OWN_BYTES, MEMORY_STEP)
    if guest.memory >= wanted:
        return ""
    return (
        f"guest '{guest.name}' has {size_text(guest.memory)} of memory; image, initrd and device tree take {at_least(taken)} of it and Linux itself needs "
        f"{size_text(LINUX_OWN_BYTES)} or more besides, else it may stop without a word: give it {size_text(wanted)}"
    )


def _guest(
    name: str, memory: int, time: Time, placement: Placement, keys: Struct, images: _Images, place: Place, written_at: str, devices: tuple[GuestDevice, ...]
) -> Guest:
    image: Struct = keys["image"].data
    return Guest(
        name, memory, time, placement, image.get_data("cmdline"), keys.get_data("power_off"), keys.get_data("fpu"), tuple(images.files), keys.get_data("licence"), place,
        tuple(_image_keys(images, image).items()), written_at, devices,
    )


def _image_keys(images: _Images, image: Struct) -> dict[str, str | int | Path]:
    """The image's keys as they are: names of images and full paths, the load address."""
    load = {"load": image.get_data("load")} if image["load"].given else {}
    return {**images.named, **load}


def _with_tree(placement: Placement, memory: int, cmdline: str, board: Platform, devices: tuple[GuestDevice, ...]) -> Placement:
    """Add the device tree where the loader would put it."""
    if placement.dtb_address is None:
        return placement
    tree = guest_fdt.build(memory, cmdline, placement.initrd, devices=devices, **board.guest_tree)
    piece = Piece("the device tree", placement.dtb_address, tree, len(tree))
    return Placement((*placement.pieces, piece), placement.entry, placement.initrd, placement.dtb_address)


def vmm(checker: Checker, guest: Guest, keys: Struct) -> Process:
    """The VMM of a guest."""
    given = keys["vmm"].data
    subject = f"guest '{guest.name}'"
    time = Time(min(guest.time.priority + 1, 254), VMM_BUDGET_NS, VMM_PERIOD_NS, True, 0)
    source, stack, heap = Value("vmm", keys.place), 16 << 10, 0
    if given:
        source = given["source"]
        stack = checker.whole_pages(given, "stack", subject)
        heap = checker.whole_pages(given, "heap", subject)
        if given["time"].given:
            own = checker.time(given["time"], subject, False)
            time = Time(own.priority, own.budget_ns, own.period_ns, True, own.refills)
    return Process(
        name=f"vmm_{guest.name}", source=checker.source(source, subject), time=time, stack=stack, heap=heap,
        has_fpu=False, has_timer=True, may_power_off=guest.power_off == "system_off", guest=guest.name,
        licence=given.get_data("licence") if given else None, place=guest.place,
    )
