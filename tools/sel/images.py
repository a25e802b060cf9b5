# SPDX-License-Identifier: BSD-2-Clause
"""What kind of guest image a file is: Linux Image, ELF or raw.

Only the kind is decided here, and well-known files that are none of the three are named.
Whether an image is whole, of the right architecture and fits is capdl/guest_image.py's
to say: it sees images of every spec, not only those of `--guest`.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from sel.errors import BadInput

LINUX = "kernel"
ELF = "elf"
RAW = "raw"

#: The kinds, which are also the keys of a spec's `image`, in words.
KINDS = {LINUX: "a Linux Image", ELF: "an ELF file", RAW: "a raw binary"}

_HEAD_BYTES = 4096
#: (offset, magic, name) of files that somebody may take for a guest image.
_FOREIGN = (
    (0x202, b"HdrS", "a Linux kernel for x86 (bzImage)"),
    (0x38, b"RSC\x05", "a Linux kernel for RISC-V"),
    (0x24, b"\x18\x28\x6f\x01", "a Linux kernel for 32-bit Arm (zImage)"),
    (0, b"\x27\x05\x19\x56", "a U-Boot uImage; give the kernel inside it"),
    (0, b"\xd0\x0d\xfe\xed", "a device tree or FIT image; give the kernel itself"),
    (0, b"07070", "a cpio archive; give it with --initrd"),
    (0, b"\xfd7zXZ\0", "a compressed file; decompress it first"),
    (0, b"\x28\xb5\x2f\xfd", "a compressed file; decompress it first"),
    (0, b"\x1f\x8b", "compressed twice; decompress it first"),
    (0, b"!<arch>\n", "a static library or a Debian package; give the image inside it"),
    (0, b"QFI\xfb", "a disk image; give the kernel on it"),
    (0, b"MZ", "an EFI program without the header of an arm64 Image"),
    (0, b"#!", "a script"),
)


def kind_of(path: Path) -> str:
    """Return the kind of an image (a gzip file: of what is in it), or refuse it."""
    head = _head(path)
    if not head:
        raise BadInput(f"the guest image {path} is empty; was its download or build interrupted?")
    if head[56:60] == b"ARM\x64":
        return LINUX
    if head[:4] == b"\x7fELF":
        return ELF
    for offset, magic, name in _FOREIGN:
        if head[offset : offset + len(magic)] == magic:
            raise BadInput(f"the guest image {path} is {name}; an arm64 Linux Image, ELF file or raw binary is needed")
    return RAW


def _head(path: Path) -> bytes:
    """Return the first bytes of a file, unpacked."""
    try:
        with path.open("rb") as stream:
            is_gzip = stream.read(2) == b"\x1f\x8b"
        with gzip.open(path) if is_gzip else path.open("rb") as stream:
            return stream.read(_HEAD_BYTES)
    except IsADirectoryError:
        raise BadInput(f"the guest image {path} is a folder; name the file in it") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BadInput(f"the guest image {path} is a damaged or truncated gzip file; get it again") from None
    except OSError as error:
        raise BadInput(f"the guest image {path} cannot be read: {error.strerror}") from None
