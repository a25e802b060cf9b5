# SPDX-License-Identifier: BSD-2-Clause
"""What a path of the command line names, before anything opens it.

Opening a named pipe waits for its writer, reading a device may never end: only regular
files are read, and anything else is refused in words.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Iterable

from sel.errors import BadInput

_KINDS = (
    (stat.S_ISDIR, "a folder", "name the file in it"),
    (stat.S_ISFIFO, "a pipe", "write what comes out of it to a file and name that"),
    (stat.S_ISSOCK, "a socket", "name a file"),
    (stat.S_ISCHR, "a device", "copy what is to be read of it to a file and name that"),
    (stat.S_ISBLK, "a device", "copy what is to be read of it to a file and name that"),
)


def refuse_irregular(path: Path, what: str) -> None:
    """Raise BadInput unless path is a regular file that is there; what names it in the sentence."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(f"{what}: there is no such file; check the path") from None
    except OSError as error:
        raise BadInput(f"{what} cannot be read: {error.strerror}") from None
    for is_kind, name, remedy in _KINDS:
        if is_kind(mode):
            raise BadInput(f"{what} is {name}, not a regular file; {remedy}")
    refuse_foreign([path.resolve()])


def shown_path(text: str, base: Path) -> str:
    """Return a path as it would be typed where the user is: relative if it is below, else absolute. What is relative counts from base."""
    path = os.path.normpath(base / text)
    inside = os.path.relpath(path)
    return path if inside.startswith("../") else inside


def refuse_foreign(words: Iterable[str | Path]) -> None:
    """Raise BadInput for a word that is not UTF-8: specs, logs and regular expressions are."""
    for word in words:
        try:
            str(word).encode("utf-8")
        except UnicodeEncodeError:
            raise BadInput(f"{os.fsencode(word)!r} is not UTF-8; rename the file or write the text in UTF-8") from None


def refuse_empty(text: str, what: str) -> None:
    """Raise BadInput for an empty word, which an unset shell variable leaves."""
    if not text:
        raise BadInput(f"{what} is empty; is a shell variable unset?")


def refuse_no_folder(*files: Path | None) -> None:
    """Raise BadInput for a file that cannot be written at the end of long work since its folder is not there; None is no file."""
    for file in files:
        if file is not None and not file.parent.is_dir():
            raise BadInput(f"{file} cannot be written: there is no folder {file.parent}")
