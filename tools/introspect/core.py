# SPDX-License-Identifier: BSD-2-Clause
"""An ELF core file of a process: what a debugger needs to show its stack, variables and registers as they are saved.

The format is that of Linux on AArch64, which gdb reads (elf(5); struct elf_prstatus of linux/elfcore.h): Selvedge's processes have no other ABI of registers.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_ET_CORE, _EM_AARCH64, _PT_LOAD, _PT_NOTE, _NT_PRSTATUS = 4, 183, 1, 4, 1
_IDENT = b"\x7fELF" + bytes([2, 1, 1, 3]) + bytes(8)
#: Bytes before the registers in elf_prstatus, and behind them.
_BEFORE, _AFTER = 112, 8
_PAGE_BYTES = 4096
_READ_WRITE_EXECUTE = 7
_REGISTERS = (*(f"x{number}" for number in range(31)), "sp", "pc", "pstate")


def core_file(registers: Mapping[str, int], segments: Sequence[tuple[int, bytes]]) -> bytes:
    """`registers` by the ABI's names; `segments`: (address, bytes), addresses and sizes whole pages."""
    status = bytes(_BEFORE) + struct.pack(f"<{len(_REGISTERS)}Q", *(registers[name] for name in _REGISTERS)) + bytes(_AFTER)
    note = struct.pack("<III", 5, len(status), _NT_PRSTATUS) + b"CORE\0\0\0\0" + status
    count = len(segments) + 1
    at = _HEADER.size + count * _SEGMENT.size
    headers = [_SEGMENT.pack(_PT_NOTE, 0, at, 0, 0, len(note), 0, 4)]
    data = at + len(note) + -(at + len(note)) % _PAGE_BYTES
    offset = data
    for address, content in segments:
        headers.append(_SEGMENT.pack(_PT_LOAD, _READ_WRITE_EXECUTE, offset, address, 0, len(content), len(content), _PAGE_BYTES))
        offset += len(content)
    head = _HEADER.pack(_IDENT, _ET_CORE, _EM_AARCH64, 1, 0, _HEADER.size, 0, 0, _HEADER.size, _SEGMENT.size, count, 0, 0, 0)
    begin = head + b"".join(headers) + note
    return begin + bytes(data - len(begin)) + b"".join(content for _, content in segments)


def joined(pages: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Pages in order as few segments."""
    found: list[tuple[int, list[bytes], int]] = []
    for address, content in pages:
        if found and found[-1][2] == address:
            start, parts, end = found[-1]
            parts.append(content)
            found[-1] = (start, parts, end + len(content))
        else:
            found.append((address, [content], address + len(content)))
    return [(start, b"".join(parts)) for start, parts, _ in found]
