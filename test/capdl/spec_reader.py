# SPDX-License-Identifier: BSD-2-Clause
"""A reader of spec.bin that shares no code with the writer: it takes the layout from the generated C header, as the roottask does."""

from __future__ import annotations

import re
import struct
from typing import Any

from capdl.spec_format import header_text

_CODES = {"uint8_t": "B", "uint16_t": "H", "uint32_t": "I", "uint64_t": "Q"}


def structures() -> dict[str, list[tuple[str, str]]]:
    """struct name -> (field, type) of the C header."""
    found = {}
    for name, body in re.findall(r"struct spec_(\w+) \{\n(.*?)\n\};", header_text(), re.DOTALL):
        found[name] = [(field, kind) for kind, field in re.findall(r"^\s+(uint\d+_t) (\w+);", body, re.MULTILINE)]
    return found


def tables() -> list[str]:
    """The tables' names in the order of `enum spec_table`."""
    body = re.search(r"enum spec_table \{\n(.*?)\n\};", header_text(), re.DOTALL)
    assert body
    return [name.lower() for name in re.findall(r"SPEC_TABLE_(\w+)", body[1])]


def _string(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode()


def _record(data: bytes, offset: int, fields: list[tuple[str, str]]) -> tuple[dict[str, Any], int]:
    code = "<" + "".join(_CODES[kind] for _, kind in fields)
    row: dict[str, Any] = dict(zip((name for name, _ in fields), struct.unpack_from(code, data, offset)))
    for name in ("name", "system_name"):
        if name in row:
            row[name] = _string(data, row[name])
    return row, struct.calcsize(code)


def read_spec(data: bytes) -> dict[str, Any]:
    """Every table of a spec.bin as rows, and its header."""
    shapes = structures()
    header, size = _record(data, 0, shapes["header"])
    assert header["magic"] == 0x53454C5350454331
    assert header["total_bytes"] == len(data)
    result: dict[str, Any] = {"header": header}
    for index, name in enumerate(tables()):
        offset, count = struct.unpack_from("<II", data, size + 8 * index)
        rows = []
        for _ in range(count):
            row, step = _record(data, offset, shapes[name])
            rows.append(row)
            offset += step
        result[name] = rows
    return result
