# SPDX-License-Identifier: BSD-2-Clause
"""The Debian packages each command needs, and their installation.

Missing packages are named in one apt line. As root they are installed at once
(after saying so), otherwise the user is asked; a script says `--yes`. Names
exist under the same spelling in Debian 12 and 13.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from sel import PYTHON
from sel.errors import BadEnvironment

#: What reads libsel/abi.
ABI = ("python3-jsonschema", "python3-ruamel.yaml")
BUILD = (
    "ccache",
    "clang-19",
    "lld-19",
    "llvm-19",
    "cmake",
    "ninja-build",
    "device-tree-compiler",
    "picolibc-aarch64-linux-gnu",
    "python3-jinja2",
    "python3-libfdt",
    "python3-pyelftools",
    *ABI,
)
#: Questions about a spec: nothing of the target is built.
QUESTIONS = ("device-tree-compiler", "git", "python3-jsonschema", "python3-libfdt", "python3-pyelftools", "python3-ruamel.yaml")
#: A report as a page, besides.
REPORT_PAGE = ("graphviz", "python3-jinja2")
RUN = ("qemu-system-arm",)
TEST = (
    "babeltrace2",
    "chromium",
    "clang-format-19",
    "clang-tidy-19",
    "git",
    "graphviz",
    "libclang-rt-19-dev",
    "libcmocka-dev",
    "python3-clang-19",
    "python3-pexpect",
    "python3-pytest",
    "python3-pytest-timeout",
    "python3-pytest-xdist",
)
DEBUG = ("gdb-multiarch",)
#: Proofs that the solver inside CBMC does not end.
PROOF = ("cadical",)
#: The Python modules that packages bring, as they are imported.
MODULES = {
    "clang": "python3-clang-19",
    "elftools": "python3-pyelftools",
    "jinja2": "python3-jinja2",
    "jsonschema": "python3-jsonschema",
    "libfdt": "python3-libfdt",
    "pexpect": "python3-pexpect",
    "pytest": "python3-pytest",
    "ruamel": "python3-ruamel.yaml",
}


def lacking_module(error: ModuleNotFoundError) -> BadEnvironment | None:
    """Turn an import that failed into a sentence; None if the module is of no package, so that the fault is this tree's."""
    module = (error.name or "").partition(".")[0]
    package = MODULES.get(module.removeprefix("_"))
    if package is None:
        return None
    lead = f"{sys.executable} has no module '{module}', which the Debian package {package} brings"
    if missing((package,)):
        return BadEnvironment(f"{lead}; as root run: {apt_line([package])} (./sel doctor says what else is missing)")
    return BadEnvironment(f"{lead}; the package is installed, for {PYTHON}: run ./sel by itself, not by another Python, and without PYTHONPATH; if that is how it was run: apt-get install --reinstall {package}")


def missing(names: tuple[str, ...]) -> list[str]:
    """Return those of names that dpkg does not know as installed."""
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BadEnvironment(
            "this machine has no dpkg: sel knows Debian 12 and 13 only; install yourself what "
            f"corresponds to {' '.join(names)}"
        ) from None
    installed = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def apt_line(names: list[str]) -> str:
    """Return the one line that installs names."""
    return f"apt-get install --no-install-recommends {' '.join(names)}"


def ensure(names: tuple[str, ...], assume_yes: bool) -> None:
    """Install what is missing of names, or end with the line that would."""
    absent = missing(names)
    if not absent:
        return
    line = apt_line(absent)
    print(f"sel: missing packages; this line installs them:\n  {line}", flush=True)
    if os.geteuid() == 0:
        print("sel: installing them now, as root", flush=True)
        _install([], absent)
    elif _user_agrees(assume_yes):
        _install(["sudo"], absent)
    else:
        raise BadEnvironment("packages are missing; run the line above as root, then this command again")
    still = missing(names)
    if still:
        raise BadEnvironment(f"apt-get did not install {' '.join(still)}; run by hand: {line}")


def _user_agrees(assume_yes: bool) -> bool:
    if shutil.which("sudo") is None:
        return False
    if assume_yes:
        return True
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return input("sel: run it now with sudo? [y/N] ").strip().lower() in ("y", "yes")


def _install(prefix: list[str], names: list[str]) -> None:
    """Run apt-get install, with one apt-get update when the lists do not know the names."""
    environment = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive"]
    install = [*environment, "apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *names]
    if _lists_know(names) and _apt(install) == 0:
        return
    print("sel: updating the package lists", flush=True)
    _apt([*environment, "apt-get", "update", "--quiet=2"])
    if _apt(install) != 0:
        raise BadEnvironment(
            f"apt-get could not install the packages (see above); mend it, or run by hand: {apt_line(names)}"
        )


def _lists_know(names: list[str]) -> bool:
    show = ["apt-cache", "show", "--no-all-versions", *names]
    return subprocess.run(show, capture_output=True, check=False).returncode == 0


def _apt(command: list[str]) -> int:
    """Run apt-get; its standard output is noise unless it fails."""
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False, env=environment
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout[-4000:])
    return done.returncode
