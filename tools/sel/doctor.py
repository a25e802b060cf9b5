# SPDX-License-Identifier: BSD-2-Clause
"""`sel doctor`: what this machine has and lacks, each with its remedy."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from sel import ROOT, apt, fetch, machine, packages
from sel.cache import Cache
from sel.errors import BadEnvironment, SelError

ENOUGH_DISK_BYTES = 3 << 30


def doctor() -> None:
    """Print one line a finding; end with code 3 when something needed is missing."""
    findings = [
        ("host", _host),
        ("packages", _packages),
        ("QEMU", _qemu),
        ("disk", _disk),
        ("archive", apt.configured_mirror),
        ("cache", _cache),
    ]
    broken = []
    for name, check in findings:
        try:
            print(f"  ok       {name}: {check()}")
        except SelError as error:
            print(f"  missing  {name}: {error}")
            broken.append(name)
    if broken:
        raise BadEnvironment(f"this machine is not ready: {', '.join(broken)} (see above)")


def _host() -> str:
    try:
        release = platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    except OSError:
        release = "unknown"
    return f"{release}, {os.cpu_count()} cores, {platform.machine()}"


def _packages() -> str:
    wanted = (*packages.BUILD, *packages.RUN, *packages.TEST, *packages.DEBUG)
    absent = packages.missing(wanted)
    if absent:
        raise BadEnvironment(f"as root run: {packages.apt_line(absent)}")
    return f"all {len(wanted)} installed"


def _qemu() -> str:
    path = machine.checked_qemu()
    return f"{path}, version {'.'.join(map(str, machine.qemu_version(path)))}"


def _disk() -> str:
    free = shutil.disk_usage(ROOT).free
    if free < ENOUGH_DISK_BYTES:
        raise BadEnvironment(f"{free >> 20} MiB free at {ROOT}; a build with its images needs {ENOUGH_DISK_BYTES >> 20} MiB")
    return f"{free >> 30} GiB free at {ROOT}"


def _cache() -> str:
    cache = Cache()
    known = [name for name in fetch.NAMES if cache.lookup(name) is not None]
    if not known:
        return f"{cache.folder}, empty (the first run downloads into it)"
    parent = cache.folder if cache.folder.exists() else Path(cache.folder.anchor)
    if not os.access(parent, os.W_OK):
        raise BadEnvironment(f"{cache.folder} cannot be written; set SEL_CACHE to a folder of yours")
    return f"{cache.folder} has {', '.join(known)}"
