# SPDX-License-Identifier: BSD-2-Clause
"""CBMC, the bounded model checker of test/proof: found on this machine, or fetched once.

Debian 13 has it as a package. Debian 12 does not: there Debian 13's program runs from the cache
with Debian 13's own loader and libraries beside it; the machine itself is not touched. Every use
checks the files' sums, and a second use needs no network. `python3 -m sel.cbmc ARGUMENTS` runs it.
"""

from __future__ import annotations

import contextlib
import functools
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sel import apt
from sel.cache import Cache, sha256_of
from sel.errors import BadEnvironment, SelError

SUITE = "trixie"
#: The proofs' run times and the shape of the report are those of CBMC 6.
MAJOR = 6


@dataclass(frozen=True)
class Host:
    """What Debian calls this machine, and where it keeps libraries and their loader."""

    architecture: str
    libraries: str
    loader: str


_HOSTS = {
    "x86_64": Host("amd64", "usr/lib/x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "aarch64": Host("arm64", "usr/lib/aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}


def _files(host: Host) -> dict[str, dict[str, str]]:
    """Package -> name in the cache -> file in the package."""
    in_libraries = host.libraries
    return {
        "cbmc": {"cbmc:cbmc": "usr/bin/cbmc"},
        "minisat": {"cbmc:lib/libminisat.so.2": "usr/lib/libminisat.so.2"},
        "libstdc++6": {"cbmc:lib/libstdc++.so.6": f"{in_libraries}/libstdc++.so.6"},
        "libgcc-s1": {"cbmc:lib/libgcc_s.so.1": f"{in_libraries}/libgcc_s.so.1"},
        "libc6": {
            "cbmc:lib/libc.so.6": f"{in_libraries}/libc.so.6",
            "cbmc:lib/libm.so.6": f"{in_libraries}/libm.so.6",
            f"cbmc:lib/{host.loader}": f"{in_libraries}/{host.loader}",
        },
    }


@functools.lru_cache(maxsize=1)
def command(cache: Cache | None = None) -> list[str]:
    """Return the words that start CBMC 6 here, fetching it when neither machine nor cache has it."""
    installed = shutil.which("cbmc")
    if installed is not None and _major([installed]) == MAJOR:
        return [installed]
    host = _HOSTS.get(platform.machine())
    if host is None:
        raise BadEnvironment(f"CBMC can be fetched for x86_64 and aarch64 only, this machine is {platform.machine()}")
    cache = cache or Cache()
    paths = _cached(cache, host) or _fetch(cache, host)
    loader = paths[f"cbmc:lib/{host.loader}"]
    started = [str(loader), "--library-path", str(loader.parent), str(paths["cbmc:cbmc"])]
    found = _major(started)
    if found != MAJOR:
        raise BadEnvironment(
            f"the CBMC in {cache.folder}/cbmc does not answer as version {MAJOR} (it says: {found}); "
            "remove that folder and run again, or install the package cbmc"
        )
    return started


def _major(started: list[str]) -> int | None:
    """Return the major version CBMC answers with, None if it does not."""
    try:
        done = subprocess.run([*started, "--version"], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"(\d+)\.", done.stdout)
    return int(match.group(1)) if match and done.returncode == 0 else None


def _cached(cache: Cache, host: Host) -> dict[str, Path] | None:
    origin = _origin(host)
    paths: dict[str, Path] = {}
    for files in _files(host).values():
        for name in files:
            path = cache.lookup(name, origin)
            if path is None:
                return None
            paths[name] = path
    return paths


def _origin(host: Host) -> str:
    return f"{SUITE} {host.architecture}"


def _fetch(cache: Cache, host: Host) -> dict[str, Path]:
    """Download the packages and keep the files that are needed of each."""
    print(f"sel: downloading CBMC ({SUITE}, {host.architecture}) into {cache.folder}", flush=True)
    stored: dict[str, Path] = {}
    with cache.locked() as scratch:
        foreign = apt.ForeignApt(scratch, SUITE, host.architecture)
        foreign.update()
        for package, files in _files(host).items():
            deb = foreign.download(package)
            tree = scratch / f"tree-{package}"
            apt.unpack(deb, tree)
            facts = {
                "origin": _origin(host),
                "package": deb.name,
                "package_version": apt.version_of(deb),
                "package_sha256": sha256_of(deb),
            }
            for name, file in files.items():
                source = tree / file
                if not source.is_file():
                    raise BadEnvironment(f"the package {deb.name} has no file {file}; report this")
                stored[name] = cache.store(name, source.resolve(), facts)
    return stored


def main(arguments: list[str]) -> int:
    """Run CBMC with these arguments."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            started = command()
    except SelError as error:
        print(f"sel: {error}", file=sys.stderr)
        return error.code
    return subprocess.run([*started, *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
