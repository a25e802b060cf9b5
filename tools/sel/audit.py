# SPDX-License-Identifier: BSD-2-Clause
"""`--audit`: ask the roottask to compare the live capabilities with the spec, and read its answer.

The question is one flag in the spec's header, set in the run's own copy of the image, so
that the image that is audited is the image that was built.
"""

from __future__ import annotations

import re
import struct
import sys
import zlib
from pathlib import Path

from sel import ROOT
from sel.errors import Failed

_PAGE = 4096

_TOTAL = re.compile(rb"audit: (\d+) capabilities and (\d+) mappings compared, (\d+) differences")


def set_flag(image: Path) -> None:
    """Set the audit's flag in an image file."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from capdl import spec_format
    from capdl.abi import load_default

    abi = load_default()
    data = bytearray(image.read_bytes())
    payload = _payload_offset(data, abi.payload_magic)
    words = dict(zip(abi.payload_words, struct.unpack_from(f"<{len(abi.payload_words)}Q", data, payload), strict=True))
    spec = payload + words["spec_offset"]
    names = [item.name for item in spec_format.HEADER.fields]
    values = list(struct.unpack_from(spec_format.HEADER.code, data, spec))
    if values[names.index("magic")] != spec_format.MAGIC:
        raise Failed(f"{image} has no compiled spec where its header says; build it again")
    flag = next(c.number for c in spec_format.CONSTANTS if c.name == "FLAG_AUDIT")
    values[names.index("flags")] |= flag
    struct.pack_into(spec_format.HEADER.code, data, spec, *values)
    if words["crc"] != 0:
        crc = zlib.crc32(memoryview(data)[payload + _PAGE : payload + words["size"]])
        struct.pack_into("<Q", data, payload + 8 * abi.payload_words.index("crc"), crc)
    # The file may share its blocks with the build's image: replace it, never write into it.
    fresh = image.with_suffix(".audit")
    fresh.write_bytes(data)
    fresh.replace(image)


def _payload_offset(data: bytearray, payload_magic: int) -> int:
    magic = struct.pack("<Q", payload_magic)
    at = data.find(magic)
    while at >= 0 and at % _PAGE:
        at = data.find(magic, at + 1)
    if at < 0:
        raise Failed("the image has no payload to audit; build it again")
    return at


class AuditWatch:
    """Reads the audit's lines from the kernel's console."""

    def __init__(self) -> None:
        self._text = bytearray()

    def take(self, data: bytes) -> None:
        """Take output of the kernel's console."""
        self._text += data

    def is_complete(self) -> bool:
        """Tell whether the audit's last line has arrived."""
        return _TOTAL.search(self._text) is not None

    def judge(self) -> None:
        """Raise Failed unless the audit came to its end and found nothing."""
        match = _TOTAL.search(self._text)
        if match is None:
            raise Failed("the run ended before the audit did")
        count = int(match.group(3))
        if count:
            lines = self._text[: match.start()].decode("utf-8", "replace").splitlines()
            named = [line for line in lines if "audit: " in line]
            raise Failed(f"the audit found {count} differences:\n" + "\n".join(f"  {line}" for line in named[-count:]))
        print(f"sel: the live state is what the spec says: {match.group(1).decode()} capabilities, {match.group(2).decode()} mappings", flush=True)
