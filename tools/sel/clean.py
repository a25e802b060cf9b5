# SPDX-License-Identifier: BSD-2-Clause
"""`sel clean`: remove what builds and runs have left in build/.

Nothing outside build/ is touched, but for the downloaded images when `--cache` asks for
that: those that the cache's manifest names. A folder in which a build or a run goes on stays.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from pathlib import Path
from typing import Iterator

from sel import ROOT
from sel.cache import Cache
from sel.errors import BadInput, Failed, nearest, os_error_sentence
from sel.files import refuse_empty
from sel.systems import find_system


def clean(name: str | None, everything: bool, cache: bool, root: Path = ROOT) -> None:
    """Remove the folder of a system, or all; raises Failed for what is in use."""
    build = root / "build"
    present = sorted(path.name for path in build.iterdir()) if build.is_dir() else []
    if name is not None and everything:
        raise BadInput("give a SYSTEM or --all, not both")
    if name is None and not everything and not cache:
        raise BadInput(f"name a SYSTEM, or give --all; build/ has: {', '.join(present) or 'nothing'}")
    chosen = present if everything else [] if name is None else [_folder_of(name, present)]
    in_use = [folder for folder in chosen if not _remove(build / folder)]
    if cache:
        Cache().clear()
    if in_use:
        raise Failed(f"a build or a run is in {', '.join(f'build/{folder}' for folder in in_use)}; end it and try again")


def _folder_of(name: str, present: list[str]) -> str:
    """Return the folder's name: of a system, of a spec's path, or as it stands in build/ when its spec is gone."""
    refuse_empty(name, "SYSTEM")
    if name in present:
        return name
    try:
        folder = find_system(name).name
    except BadInput:
        raise BadInput(f"there is nothing of '{name}' in build/{nearest(name, present)}; it has: {', '.join(present) or 'nothing'}") from None
    if folder not in present:
        raise BadInput(f"nothing of '{name}' has been built; build/ has: {', '.join(present) or 'nothing'}")
    return folder


def _remove(path: Path) -> bool:
    """Remove a folder of build/, say how much it held; False if somebody works in it."""
    try:
        with _alone_in(path) as is_alone:
            if not is_alone:
                return False
            size = sum(file.lstat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise os_error_sentence(error, f"cannot remove {path}") from None
    print(f"sel: removed build/{path.name} ({size >> 20} MiB)", flush=True)
    return True


@contextlib.contextmanager
def _alone_in(path: Path) -> Iterator[bool]:
    """Hold the locks of all builds and runs below path; false if one is taken."""
    with contextlib.ExitStack() as held:
        for lock in [*path.rglob(".lock"), *path.rglob("runs/*/.alive")]:
            stream = held.enter_context(lock.open("rb"))
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
        yield True
