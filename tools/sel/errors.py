# SPDX-License-Identifier: BSD-2-Clause
"""How `sel` ends: the exit codes and the exceptions that lead to them.

Every message is a whole sentence with its remedy; it is printed as it stands,
without a traceback. Anything that is not a SelError is a bug in sel (code 4).
"""

from __future__ import annotations

import difflib
import errno
import re
from pathlib import Path
from typing import Iterable

from sel import ROOT

OK = 0
FAILED = 1
INPUT = 2
ENVIRONMENT = 3
BUG = 4

#: The word of each exit code in the last line of the output.
RESULT_WORDS = {OK: "ok", FAILED: "failed", INPUT: "input", ENVIRONMENT: "environment", BUG: "bug"}

#: Share of letters that two words have in common to be taken for each other: `rnu` and `run`, not `bogus` and `guest`.
_NEAR = 0.65


class SelError(Exception):
    """An end that was foreseen: a sentence for the user and an exit code."""

    code = FAILED

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log


class Failed(SelError):
    """What was asked for failed."""

    code = FAILED


class BadInput(SelError):
    """The user's input is wrong."""

    code = INPUT


class SpecFaults(BadInput):
    """Faults of a spec, each a line `PLACE: error ID: ...`, all of them alike under one lead."""

    def __init__(self, findings: list[str], log: Path | None = None, what: str = "the spec") -> None:
        count = "1 error" if len(findings) == 1 else f"{len(findings)} errors"
        super().__init__("\n".join([f"{what} is refused, {count}:", *findings, more_about(findings)]), log)
        self.findings = findings


def more_about(findings: Iterable[str]) -> str:
    """Return the line that ends the faults of a spec: how to learn what the ids in them mean."""
    found = (re.search(r"\berror (SEL-[A-Z]\d+): ", finding) for finding in findings)
    ids = dict.fromkeys(match[1] for match in found if match)
    return f"more about this: ./sel explain {' '.join(ids)}"


class BadEnvironment(SelError):
    """The machine lacks something, or refuses it."""

    code = ENVIRONMENT


class Stopped(Failed):
    """A signal asked sel to end."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the known name closest to word, or nothing."""
    bare = {each.lstrip("-"): each for each in known}
    close = difflib.get_close_matches(word.lstrip("-"), list(bare), n=1, cutoff=_NEAR)
    return f" (did you mean '{bare[close[0]]}'?)" if close else ""


_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_PERMISSION = (errno.EACCES, errno.EPERM, errno.EROFS)


def is_foreseen(error: OSError) -> bool:
    """Tell an error of the machine from one that a mistake in sel may have led to."""
    return error.errno in (*_DISK_FULL, *_NO_PERMISSION)


def os_error_sentence(error: OSError, what: str, folder: Path = ROOT / "build") -> SelError:
    """Turn an operating-system error into a sentence; what says what was tried, folder where, if the error does not."""
    if error.errno in _DISK_FULL:
        where = error.filename or folder
        return BadEnvironment(f"{what}: the disk is full ({where}); make room and try again")
    if error.errno in _NO_PERMISSION:
        return BadEnvironment(f"{what}: no permission for {error.filename}; change its owner or mode")
    return BadEnvironment(f"{what}: {error.strerror or error} ({error.filename})")
