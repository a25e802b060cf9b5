# SPDX-License-Identifier: BSD-2-Clause
"""Named guest images: where each comes from, fetched once and checked on every use.

`resolve(name)` is the interface of the build; `python3 -m sel.fetch NAME` prints the
path and nothing else on standard output. A second use needs no network.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

from sel import apt, initrd
from sel.cache import Cache, sha256_of
from sel.errors import BadEnvironment, BadInput, SelError, nearest


@dataclass(frozen=True)
class Download:
    """A file inside a Debian package."""

    suite: str
    architecture: str
    package: str
    file: str


_NETBOOT = "usr/lib/debian-installer/images/12/arm64/text/debian-installer/arm64"

DOWNLOADS = {
    "debian-12:Image": Download("bookworm", "arm64", "debian-installer-12-netboot-arm64", f"{_NETBOOT}/linux"),
    "debian-12:initrd": Download("bookworm", "arm64", "debian-installer-12-netboot-arm64", f"{_NETBOOT}/initrd.gz"),
    "debian-12:busybox": Download("bookworm", "arm64", "busybox-static", "bin/busybox"),
}

BUSYBOX_INITRD = "build:busybox-initrd"

NAMES = (*DOWNLOADS, BUSYBOX_INITRD)


def is_name(text: str) -> bool:
    """Tell a name of an image (`debian-12:Image`) from a path."""
    return text in NAMES


def resolve(name: str, cache: Cache | None = None) -> Path:
    """Return the path of a named image, downloading or building it when the cache lacks it."""
    cache = cache or Cache()
    if name == BUSYBOX_INITRD:
        return _busybox_initrd(cache)
    if name not in DOWNLOADS:
        raise BadInput(f"no image is named '{name}'{nearest(name, NAMES)}; there are: {', '.join(NAMES)}")
    path = cache.lookup(name)
    return path if path is not None else _download(cache, DOWNLOADS[name])[name]


def _download(cache: Cache, wanted: Download) -> dict[str, Path]:
    """Fetch the package of wanted and store every file we know in it."""
    with cache.locked() as scratch:
        print(f"sel: downloading {wanted.package} ({wanted.suite}, {wanted.architecture}) into {cache.folder}", flush=True)
        foreign = apt.ForeignApt(scratch, wanted.suite, wanted.architecture)
        foreign.update()
        package = foreign.download(wanted.package)
        tree = scratch / "tree"
        apt.unpack(package, tree)
        facts = {
            "package": package.name,
            "package_version": apt.version_of(package),
            "package_sha256": sha256_of(package),
        }
        stored = {}
        for name, download in DOWNLOADS.items():
            if download.package != wanted.package:
                continue
            file = tree / download.file
            if not file.is_file():
                raise BadEnvironment(f"the package {package.name} has no file {download.file}; report this")
            stored[name] = cache.store(name, file.resolve(), facts)
        return stored


def _busybox_initrd(cache: Cache) -> Path:
    busybox = resolve("debian-12:busybox", cache)
    origin = f"initrd {initrd.VERSION}, busybox {sha256_of(busybox)}"
    path = cache.lookup(BUSYBOX_INITRD, origin)
    if path is not None:
        return path
    with cache.locked() as scratch:
        made = scratch / "busybox-initrd"
        initrd.build(busybox, made)
        return cache.store(BUSYBOX_INITRD, made, {"origin": origin})


def main(arguments: list[str]) -> int:
    """Print the path of each named image."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            paths = [resolve(name) for name in arguments]
    except SelError as error:
        print(f"sel: {error}", file=sys.stderr)
        return error.code
    for path in paths:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
