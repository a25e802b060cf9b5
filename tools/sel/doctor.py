# SPDX-License-Identifier: BSD-2-Clause
"""`sel doctor`: what this machine has and lacks, each with its remedy."""

from __future__ import annotations

import os
import platform
import shutil

from sel import ROOT, apt, machine, packages
from sel.cache import Cache
from sel.errors import BadEnvironment, SelError

ENOUGH_DISK_BYTES = 3 << 30


class Broken(BadEnvironment):
    """Something is there, but cannot be used as it is."""


def doctor() -> None:
    """Print one line a finding; end with code 3 when something needed is missing."""
    findings = [
        ("host", _host),
        ("packages", _packages),
        ("QEMU", _qemu),
        ("disk", _disk),
        ("archive", apt.reachable_mirror),
        ("cache", _cache),
    ]
    broken = []
    for name, check in findings:
        try:
            print(f"  ok       {name}: {check()}")
        except SelError as error:
            print(f"  {'bad    ' if isinstance(error, Broken) else 'missing'}  {name}: {error}")
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
    """The disks that a build and the cache really write to: either may be another one than the tree's."""
    said = []
    for folder in (ROOT / "build", Cache().folder):
        there = folder.resolve()
        while not there.exists():
            there = there.parent
        free = shutil.disk_usage(there).free
        if free < ENOUGH_DISK_BYTES:
            raise Broken(f"{free >> 20} MiB free at {folder}; a build with its images needs {ENOUGH_DISK_BYTES >> 20} MiB")
        said.append(f"{free >> 30} GiB free at {folder}")
    return ", ".join(said)


def _cache() -> str:
    cache = Cache()
    whole, faults = cache.examine()
    try:
        cache.refuse_unwritable()
    except SelError as error:
        raise Broken(str(error)) from None
    if faults:
        raise Broken(f"{'; '.join(faults)}; a run that needs it fetches it again")
    if not whole:
        return f"{cache.folder}, empty (the first run downloads into it)"
    return f"{cache.folder} has {', '.join(whole)}"
