# SPDX-License-Identifier: BSD-2-Clause
"""The small initrd with busybox: a newc cpio archive, written deterministically.

The same busybox gives the same archive on every machine (fixed times, owners and
order) and, for one zlib, the same compressed bytes. It does not need root: device nodes are only
entries of the archive. Format: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
"""

from __future__ import annotations

import gzip
import stat
from pathlib import Path

#: Changes whenever the archive's contents would; part of the cache's key.
VERSION = "1"

INIT = b"""#!/bin/busybox sh
# First process of the guest: the usual mounts, a greeting, a shell with job control.
export PATH=/bin HOME=/ TERM=linux
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
echo "selvedge guest: busybox ready"
while :; do
    setsid -c sh </dev/ttyAMA0 >/dev/ttyAMA0 2>&1
done
"""

_FOLDERS = ("bin", "dev", "etc", "mnt", "proc", "root", "sys", "tmp")
_DEVICES = (("dev/console", 5, 1), ("dev/null", 1, 3), ("dev/ttyAMA0", 204, 64))


def _entry(inode: int, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> bytes:
    links = 2 if stat.S_ISDIR(mode) else 1
    path = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, links, 0, len(data), 0, 0, device[0], device[1], len(path), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + path
    return _padded(header) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def archive(busybox: bytes) -> bytes:
    """Return the uncompressed archive around a static busybox."""
    entries: list[tuple[str, int, bytes, tuple[int, int]]] = []
    entries += [(name, stat.S_IFDIR | 0o755, b"", (0, 0)) for name in _FOLDERS]
    entries += [(name, stat.S_IFCHR | 0o600, b"", (major, minor)) for name, major, minor in _DEVICES]
    entries += [
        ("bin/busybox", stat.S_IFREG | 0o755, busybox, (0, 0)),
        ("bin/sh", stat.S_IFLNK | 0o777, b"busybox", (0, 0)),
        ("init", stat.S_IFREG | 0o755, INIT, (0, 0)),
    ]
    body = b"".join(
        _entry(inode, name, mode, data, device) for inode, (name, mode, data, device) in enumerate(entries, 1)
    )
    body += _entry(0, "TRAILER!!!", 0)
    return body + bytes(-len(body) % 512)


def build(busybox: Path, target: Path) -> None:
    """Write the compressed initrd around the busybox at that path to target."""
    target.write_bytes(gzip.compress(archive(busybox.read_bytes()), compresslevel=9, mtime=0))
