# SPDX-License-Identifier: BSD-2-Clause
"""Emulated devices as their C files describe them: the one DEVICE_MODEL of each (vmm/device.h) is read from its source.

Only what a spec needs is read: C's own rules are the compiler's affair.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from capdl.inputs import read_at_most
from capdl.layout import PAGE

BYTES_MAX = 1 << 20
REGISTER_BYTES_MAX = 16 << 20
COMPATIBLE_MAX = 4
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_MODEL = re.compile(r"^DEVICE_MODEL\((\w+)\)\s*=\s*\{(.*?)^\};", re.DOTALL | re.MULTILINE)
_COMPATIBLE = re.compile(r"\.compatible\s*=\s*\{([^}]*)\}")
_STRING = re.compile(r'"([a-z0-9][a-zA-Z0-9,._+-]{0,62})"')
_BYTES = re.compile(r"\.register_bytes\s*=\s*(0[xX][0-9a-fA-F]+|[1-9][0-9]*)\s*[,}\n]")


class ModelError(Exception):
    """A file that describes no device; the argument says why."""


@dataclass(frozen=True)
class DeviceModel:
    """A device: the name of its model in C, its compatible strings, the size of its registers, whether it has an interrupt."""

    name: str
    compatible: tuple[str, ...]
    register_bytes: int
    has_interrupt: bool
    path: Path


def read(path: Path) -> DeviceModel:
    """Return the device that a C file describes; raises ModelError."""
    try:
        data = read_at_most(path, BYTES_MAX)
        text = data.decode("utf-8")
    except OSError as error:
        raise ModelError(f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ModelError("it is not UTF-8 text") from None
    if len(data) > BYTES_MAX:
        raise ModelError(f"it has more than {BYTES_MAX} bytes")
    text = _COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), text)
    found = list(_MODEL.finditer(text))
    if len(found) != 1:
        raise ModelError(f"it has {len(found)} descriptions `DEVICE_MODEL(name) = {{...}};`, one is needed")
    line = text.count("\n", 0, found[0].start()) + 1
    return DeviceModel(found[0][1], _compatible(found[0][2], line), _register_bytes(found[0][2], line), re.search(r"\.line\s*=", found[0][2]) is not None, path)


def _compatible(body: str, line: int) -> tuple[str, ...]:
    """The strings of `.compatible`."""
    listed = _COMPATIBLE.search(body)
    strings = listed[1].split('"')[1::2] if listed else []
    if not listed or not strings:
        raise ModelError(f"its DEVICE_MODEL, line {line}, has no strings in `.compatible = {{...}}`")
    for string in strings:
        if not _STRING.fullmatch(f'"{string}"'):
            raise ModelError(f"its DEVICE_MODEL, line {line}, has '{string[:80]}' in `.compatible`, which is no compatible string such as vendor,name")
    if len(strings) > COMPATIBLE_MAX:
        raise ModelError(f"its DEVICE_MODEL, line {line}, has {len(strings)} strings in `.compatible`, at most {COMPATIBLE_MAX} are possible")
    return tuple(strings)


def _register_bytes(body: str, line: int) -> int:
    """The number of `.register_bytes`."""
    number = _BYTES.search(body)
    if not number:
        raise ModelError(f"its DEVICE_MODEL, line {line}, has no number in `.register_bytes = ...`")
    size = int(number[1], 0)
    if size % PAGE or not 0 < size <= REGISTER_BYTES_MAX:
        raise ModelError(f"its DEVICE_MODEL, line {line}, has {number[1][:20]} in `.register_bytes`, which is no multiple of {PAGE:#x} up to {REGISTER_BYTES_MAX:#x}")
    return size


def of_project(project: Path) -> dict[str, DeviceModel]:
    """The devices of the VMM itself, by their first compatible string."""
    found = {}
    for path in sorted((*(project / "vmm/devices").glob("*.c"), *(project / "vmm/devices").glob("*/*.c"))):
        try:
            model = read(path)
        except ModelError:
            continue  # the board's own devices, and tests
        found[model.compatible[0]] = model
    return found
