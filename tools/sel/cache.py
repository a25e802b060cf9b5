# SPDX-License-Identifier: BSD-2-Clause
"""The download cache: files with their SHA-256 in a manifest.

A file is in the cache when the manifest names it; it gets its final name by an
atomic rename after it is complete, so an interruption leaves no half file. Every
use checks the sum: a damaged file is reported and counts as absent.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Iterator

from sel.errors import BadEnvironment, os_error_sentence

MANIFEST_VERSION = 1


def cache_folder() -> Path:
    """Return $SEL_CACHE, else selvedge/ in the XDG cache folder."""
    chosen = os.environ.get("SEL_CACHE")
    if chosen:
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "selvedge"


def corpus_folder(kind: str, abi: str, name: str) -> Path:
    """Return the folder of saved inputs of one ABI (by its sum), made if need be; that others have some is warned of: their numbers may mean something else."""
    folder = cache_folder() / kind / abi / name
    folder.mkdir(parents=True, exist_ok=True)
    every = cache_folder() / kind
    others = {other.name: sum(path.is_file() for path in other.glob("*/*")) for other in every.iterdir() if other.name != abi and other.is_dir()}
    others = {other: count for other, count in others.items() if count}
    if others:
        what = f"{sum(others.values())} inputs of other ABIs lie in {every} ({', '.join(sorted(others))}) and are not used"
        warnings.warn(f"{what}: delete these folders, or take them over (test/model/README.md, test/fuzz/README.md)", stacklevel=2)
    return folder


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class Cache:
    """A cache folder and its manifest; change it only inside `locked()`."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder()
        self.manifest_path = self.folder / "manifest.json"

    def entries(self) -> dict[str, dict[str, str]]:
        """Return the manifest's entries by name; an unreadable manifest is an empty one."""
        files = self._read_manifest()
        if files is None:
            print(f"sel: the cache's manifest {self.manifest_path} is unreadable; starting a new one", flush=True)
        return files or {}

    def _read_manifest(self) -> dict[str, dict[str, str]] | None:
        try:
            manifest = json.loads(self.manifest_path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (ValueError, OSError):
            return None
        usable = isinstance(manifest, dict) and manifest.get("version") == MANIFEST_VERSION
        files = manifest.get("files", {}) if usable else {}
        return files if isinstance(files, dict) else {}

    def lookup(self, name: str, origin: str | None = None) -> Path | None:
        """Return the checked file of name, or None when absent, damaged or made from another origin."""
        entry = self.entries().get(name)
        if not isinstance(entry, dict) or "file" not in entry:
            return None
        if origin is not None and entry.get("origin") != origin:
            return None
        path = self.folder / entry["file"]
        damage = self._damage(entry)
        if not damage:
            return path
        print(f"sel: the cached {name} ({path}) is damaged: {damage}; fetching it again", flush=True)
        return None

    def _damage(self, entry: dict[str, str]) -> str:
        try:
            same = sha256_of(self.folder / entry["file"]) == entry.get("sha256")
        except OSError as error:
            return error.strerror or "it cannot be read"
        return "" if same else "its SHA-256 differs from the recorded one"

    def examine(self) -> tuple[list[str], list[str]]:
        """Return the names of whole files and a sentence for each fault; changes and fetches nothing."""
        files = self._read_manifest()
        if files is None:
            return [], [f"the manifest {self.manifest_path} is unreadable"]
        known = {name: entry for name, entry in files.items() if isinstance(entry, dict) and "file" in entry}
        damages = {name: self._damage(entry) for name, entry in known.items()}
        faults = [f"{name} ({self.folder / known[name]['file']}) is damaged: {damage}" for name, damage in damages.items() if damage]
        return [name for name, damage in damages.items() if not damage], faults

    def refuse_unwritable(self) -> None:
        """Raise BadEnvironment unless a file can be made in the folder, or in the one it would be made in."""
        folder = self.folder
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        try:
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(bytes(1 << 16))
        except OSError as error:
            raise os_error_sentence(error, f"{self.folder} cannot be written (SEL_CACHE chooses another)", folder) from None

    @contextlib.contextmanager
    def locked(self) -> Iterator[Path]:
        """Hold the cache alone and give a scratch folder in it that is removed afterwards."""
        if self.folder.exists() and not self.folder.is_dir():
            raise BadEnvironment(f"the cache {self.folder} is a file, not a folder; point SEL_CACHE to a folder of yours")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                for stale in self.folder.glob("part-*"):
                    shutil.rmtree(stale, ignore_errors=True)
                with tempfile.TemporaryDirectory(prefix="part-", dir=self.folder) as scratch:
                    yield Path(scratch)
        except OSError as error:
            raise os_error_sentence(error, f"cannot write the cache {self.folder} (SEL_CACHE chooses another)", self.folder) from None

    def clear(self) -> None:
        """Remove what the manifest names, and it; other tools' files in the folder stay."""
        if not self.folder.is_dir():
            return
        with self.locked():
            for entry in self.entries().values():
                if isinstance(entry, dict) and "file" in entry:
                    (self.folder / entry["file"]).unlink(missing_ok=True)
            self.manifest_path.unlink(missing_ok=True)
        print(f"sel: removed the images in {self.folder}; a run that needs one fetches it again", flush=True)

    def store(self, name: str, source: Path, facts: dict[str, str]) -> Path:
        """Move source (in the scratch folder) into the cache as name, with facts recorded beside its sum."""
        relative = name.replace(":", "/")
        final = self.folder / relative
        final.parent.mkdir(parents=True, exist_ok=True)
        entry = {"file": relative, "sha256": sha256_of(source), "bytes": str(source.stat().st_size), **facts}
        self._write_manifest({**self.entries(), name: None})
        os.replace(source, final)
        self._write_manifest({**self.entries(), name: entry})
        return final

    def _write_manifest(self, files: dict[str, dict[str, str] | None]) -> None:
        kept = {key: value for key, value in sorted(files.items()) if value is not None}
        text = json.dumps({"version": MANIFEST_VERSION, "files": kept}, indent=2) + "\n"
        part = self.manifest_path.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        os.replace(part, self.manifest_path)
