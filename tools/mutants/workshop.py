# SPDX-License-Identifier: BSD-2-Clause
"""Compiles and links mutants: one library of the host build, made anew with one file changed.

The compiler sees the changed text in the place of the file by a VFS overlay, so the working tree stays as it is and
names and lines in messages stay true. Whether a change changes anything is decided on objects compiled as for a release.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

from mutants.draw import Mutant
from sel.build import child_environment
from sel.errors import Failed

#: What the release's compiler is not told: sanitizers, assertions, what is only about diagnostics.
_NOT_IN_RELEASE = re.compile(r"-g\w*$|-O\w$|-fsanitize=|-fno-sanitize-recover|-DSEL_ASSERT$|-Werror")
_RELEASE = ("-O2", "-g0", "-w", "-fno-asynchronous-unwind-tables")
_COVERAGE = ("-fprofile-instr-generate", "-fcoverage-mapping")
_ALLOCATED = 2


@dataclass(frozen=True)
class Unit:
    """One object of the library: its source and the compiler's arguments without input and output."""

    source: Path
    object: str
    arguments: tuple[str, ...]
    inputs: frozenset[str]


class Library:
    """One shared library of the build: how it is linked, and of which objects."""

    def __init__(self, folder: Path, name: str, root: Path) -> None:
        self.name = f"lib{name}.so"
        built = next(folder.rglob(self.name), None)
        if built is None:
            raise Failed(f"the build in {folder} left no {self.name}")
        self.built = built
        self.target = str(built.relative_to(folder))
        self.link = _link_command(folder, self.target)
        self.units = _units(folder, self.link, root)

    def users(self, path: str) -> list[Unit]:
        """Return the units that are compiled from a file or include it."""
        return [unit for unit in self.units if path in unit.inputs]


class Workshop:
    """The build folder's commands for the libraries that hold the code; each worker has a folder of its own.

    The first library that has a file decides whether a change of it counts.
    """

    def __init__(self, folder: Path, names: tuple[str, ...], root: Path) -> None:
        self.folder = folder
        self.libraries = [Library(folder, name, root) for name in names]
        self._root = root
        self._originals: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def built(self) -> list[Path]:
        """The folders of the unchanged libraries, those that are not changed included."""
        return sorted({path.parent for path in self.folder.rglob("lib*.so")})

    def compile_release(self, mutant: Mutant, worker: Path) -> str | None:
        """Compile as for a release; return the objects' fingerprint, None if a change is refused, "" if nothing changes."""
        overlay = self._overlay(mutant, worker)
        units = next(filter(None, (library.users(mutant.path) for library in self.libraries)))
        prints = []
        for unit in units:
            target = worker / "release.o"
            if not self._compile(unit, target, release_arguments(unit), overlay):
                return None
            prints.append(fingerprint(target))
        if prints == [self._original(unit, worker) for unit in units]:
            return ""
        return hashlib.sha256("".join([mutant.path, *prints]).encode()).hexdigest()

    def link_mutant(self, library: Library, mutant: Mutant, worker: Path) -> bool:
        """Compile as the tests are compiled and link into the worker's folder; tell whether it compiles."""
        overlay = self._overlay(mutant, worker)
        changed = {}
        for number, unit in enumerate(library.users(mutant.path)):
            target = worker / f"{number}.o"
            if not self._compile(unit, target, list(unit.arguments), overlay):
                return False
            changed[unit.object] = target
        self._linked(library, changed, worker, ())
        return True

    def link_counting(self, library: Library, worker: Path) -> None:
        """Link a library as it stands, made to count what it executes, into a folder."""
        changed = {}
        for number, unit in enumerate(library.units):
            changed[unit.object] = worker / f"counting-{number}.o"
            arguments = [word for word in unit.arguments if not word.startswith(("-fsanitize=", "-fno-sanitize"))]
            if not self._compile(unit, changed[unit.object], [*arguments, *_COVERAGE], None):
                raise Failed(f"{unit.source} does not compile with {' '.join(_COVERAGE)}")
        self._linked(library, changed, worker, _COVERAGE[:1])

    def _linked(self, library: Library, changed: dict[str, Path], worker: Path, more: tuple[str, ...]) -> None:
        out = worker / library.name
        command = [str(changed.get(word, out if word == library.target else word)) for word in library.link]
        done = _run([*command, *more], self.folder)
        if done.returncode != 0:
            raise Failed(f"{library.name} does not link: {done.stdout.strip()[-2000:]}")

    def _original(self, unit: Unit, worker: Path) -> str:
        with self._lock:
            known = self._originals.get(unit.object)
        if known is None:
            target = worker / "original.o"
            if not self._compile(unit, target, release_arguments(unit), None):
                raise Failed(f"{unit.source} does not compile with {' '.join(_RELEASE)}")
            known = fingerprint(target)
            with self._lock:
                self._originals[unit.object] = known
        return known

    def _overlay(self, mutant: Mutant, worker: Path) -> Path:
        """Write the changed file and the overlay that puts it in its place."""
        text = worker / "mutant.c"
        text.write_bytes(mutant.text())
        entry = {"type": "file", "name": str(self._root / mutant.path), "external-contents": str(text)}
        overlay = worker / "overlay.json"
        overlay.write_text(json.dumps({"version": 0, "use-external-names": False, "roots": [entry]}))
        return overlay

    def _compile(self, unit: Unit, target: Path, arguments: list[str], overlay: Path | None) -> bool:
        more = [] if overlay is None else ["-ivfsoverlay", str(overlay)]
        return _run([*arguments, *more, "-c", str(unit.source), "-o", str(target)], self.folder).returncode == 0


def release_arguments(unit: Unit) -> list[str]:
    """Return a unit's arguments as a release would have them."""
    return [word for word in unit.arguments if not _NOT_IN_RELEASE.match(word)] + list(_RELEASE)


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=child_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )


def _link_command(folder: Path, target: str) -> list[str]:
    """Return the command that links the library: ninja wraps it into `: && COMMAND && :`."""
    done = _run(["ninja", "-t", "commands", "-s", target], folder)
    words = shlex.split(done.stdout)
    if done.returncode != 0 or words.count("&&") < 2:
        raise Failed(f"ninja knows no command for {target} in {folder}: {done.stdout.strip()}")
    start, end = words.index("&&") + 1, len(words) - words[::-1].index("&&") - 1
    return words[start:end]


def _units(folder: Path, link: list[str], root: Path) -> list[Unit]:
    inputs = _inputs(folder, root)
    units = []
    for entry in json.loads((folder / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        target = words[words.index("-o") + 1]
        if target in link:
            units.append(Unit(Path(entry["file"]), target, _bare(words), inputs.get(target, frozenset())))
    if not units:
        raise Failed(f"no object of {link[-1]} in {folder}/compile_commands.json")
    return units


def _bare(words: list[str]) -> tuple[str, ...]:
    """Drop the compiler cache, input, output and the notes for ninja."""
    if words[0].endswith("ccache"):
        words = words[1:]
    kept: list[str] = []
    skip = False
    for word in words:
        if not skip and word not in ("-o", "-c", "-MF", "-MT", "-MD", "-MMD"):
            kept.append(word)
        skip = word in ("-o", "-c", "-MF", "-MT")
    return tuple(kept)


def _inputs(folder: Path, root: Path) -> dict[str, frozenset[str]]:
    """Return, of each object, the files of the tree it was made from, as ninja noted them."""
    found: dict[str, set[str]] = {}
    target = ""
    for line in _run(["ninja", "-t", "deps"], folder).stdout.splitlines():
        if not line.startswith(" "):
            target = line.split(":")[0]
        elif line.strip():
            path = (folder / line.strip()).resolve()
            if path.is_relative_to(root):
                found.setdefault(target, set()).add(str(path.relative_to(root)))
    return {name: frozenset(paths) for name, paths in found.items()}


def fingerprint(path: Path) -> str:
    """Return a digest of what an object puts into memory: code and data and what they refer to, no notes or names of lines."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        for section in elf.iter_sections():
            if isinstance(section, RelocationSection):
                if elf.get_section(section["sh_info"])["sh_flags"] & _ALLOCATED:
                    _digest_relocations(elf, section, digest)
            elif section["sh_flags"] & _ALLOCATED and section["sh_type"] in ("SHT_PROGBITS", "SHT_NOBITS"):
                body = section.data() if section["sh_type"] == "SHT_PROGBITS" else b""
                digest.update(repr((section.name, section["sh_size"], body)).encode())
    return digest.hexdigest()


def _digest_relocations(elf: ELFFile, section: RelocationSection, digest: object) -> None:
    symbols = elf.get_section(section["sh_link"])
    for entry in section.iter_relocations():
        symbol = symbols.get_symbol(entry["r_info_sym"])
        name = symbol.name or elf.get_section(symbol["st_shndx"]).name
        known = (section.name, entry["r_offset"], entry["r_info_type"], name, entry["r_addend"])
        digest.update(repr(known).encode())  # type: ignore[attr-defined]
