#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The regression corpora: one file a target, corpus/TARGET.pack.

A pack is a line `selvedge-fuzz-corpus VERSION TARGET ABI-SUM COUNT`, then each input as its
length (32 bits, little-endian) and its bytes. Inputs mean something only under the ABI they
were found with, so a pack of another ABI is refused; `renew` carries it over. Not here: how
targets are built and run (programs.py).
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import programs  # noqa: E402

CORPUS = Path(__file__).with_name("corpus")
LOCK = programs.ROOT / "libsel" / "abi" / "abi.lock"
VERSION = 1
MAGIC = "selvedge-fuzz-corpus"
HEAD_PARTS = 2
#: A larger pack keeps only what reaches an edge that nothing else does.
PACK_BYTES_MAX = 30 << 10


class CorpusError(Exception):
    """A pack that cannot be used; the text is a sentence that names the remedy."""


def abi_sum(lock: Path = LOCK) -> str:
    """Return the sum of the ABI's lock file, comments aside."""
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def pack_path(target: str) -> Path:
    """Return where the target's corpus is kept."""
    return CORPUS / f"{target}.pack"


def write_pack(path: Path, target: str, inputs: list[bytes]) -> None:
    """Write a pack of the present ABI; equal inputs once, in a fixed order."""
    ordered = sorted(set(inputs), key=lambda data: (len(data), data))
    head = f"{MAGIC} {VERSION} {target} {abi_sum()} {len(ordered)}\n".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + b"".join(struct.pack("<I", len(data)) + data for data in ordered))


def read_pack(path: Path, target: str, any_abi: bool = False) -> list[bytes]:
    """Return the inputs of a pack, or refuse it with a sentence."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise CorpusError(f"the corpus {path} cannot be read: {error.strerror}; restore it from the repository") from None
    fields = head.decode("ascii", "replace").split(" ")
    if len(fields) != 5 or fields[0] != MAGIC or not fields[4].isdigit():
        raise CorpusError(f"{path} is no corpus of fuzz inputs; restore it from the repository")
    if fields[1] != str(VERSION):
        raise CorpusError(f"the corpus {path} has format {fields[1]}, this tool reads {VERSION}; run test/fuzz/corpus.py of the checkout that wrote it")
    if fields[2] != target:
        raise CorpusError(f"the corpus {path} belongs to the target {fields[2]}, not to {target}; restore it from the repository")
    if fields[3] != abi_sum() and not any_abi:
        raise CorpusError(f"the corpus {path} was found with another ABI ({fields[3][:12]}, now {abi_sum()[:12]}); run test/fuzz/corpus.py renew {target}")
    return _inputs(path, body, int(fields[4]))


def _inputs(path: Path, body: bytes, count: int) -> list[bytes]:
    inputs = []
    at = 0
    while at + 4 <= len(body):
        size = struct.unpack_from("<I", body, at)[0]
        inputs.append(body[at + 4 : at + 4 + size])
        at += 4 + size
    if at != len(body) or len(inputs) != count:
        raise CorpusError(f"the corpus {path} is cut short: {len(inputs)} of {count} inputs; restore it from the repository")
    return inputs


def spread(inputs: list[bytes], folder: Path) -> None:
    """Write each input as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, data in enumerate(inputs):
        (folder / f"{index:05}").write_bytes(data)


def gather(folder: Path) -> list[bytes]:
    """Read every file of a folder of inputs."""
    return [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()]


def with_heads(inputs: list[bytes]) -> list[bytes]:
    """The inputs and their beginnings: what is reached early in a long input is kept as a short one."""
    heads = [data[: len(data) * part // HEAD_PARTS] for data in inputs for part in range(1, HEAD_PARTS)]
    return list(dict.fromkeys([*inputs, *heads]))


def renew(target: str, more: Path | None = None) -> str:
    """Keep of the old pack, and of a folder of new finds, what reaches something under the present ABI."""
    programs.build()
    inputs = read_pack(pack_path(target), target, any_abi=True) if pack_path(target).exists() else []
    inputs += gather(more) if more else []
    for has_counts in (True, False):
        with tempfile.TemporaryDirectory() as scratch:
            given, kept = Path(scratch, "given"), Path(scratch, "kept")
            kept.mkdir()
            spread(with_heads(inputs), given)
            programs.merge(target, kept, given, has_counts)
            write_pack(pack_path(target), target, gather(kept))
        if pack_path(target).stat().st_size <= PACK_BYTES_MAX:
            break
    return f"{target}: {len(read_pack(pack_path(target), target))} inputs, {pack_path(target).stat().st_size} bytes"


def main() -> int:
    """Renew packs, or lay one out as files."""
    parser = argparse.ArgumentParser(description="Keep the regression corpora of the fuzz targets.", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    renewing = commands.add_parser("renew", help="merge packs anew, for a new ABI or with new finds")
    renewing.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(programs.TARGETS)} (default: all)")
    renewing.add_argument("--with", dest="more", type=Path, metavar="FOLDER", help="folder with one folder of new inputs a target")
    spreading = commands.add_parser("spread", help="write a pack's inputs as files")
    spreading.add_argument("target", choices=programs.TARGETS)
    spreading.add_argument("folder", type=Path)
    options = parser.parse_args()
    try:
        if options.command == "spread":
            spread(read_pack(pack_path(options.target), options.target), options.folder)
            return 0
        for target in options.targets or programs.TARGETS:
            if target not in programs.TARGETS:
                raise CorpusError(f"there is no fuzz target '{target}'; there are: {', '.join(programs.TARGETS)}")
            more = options.more / target if options.more and (options.more / target).is_dir() else None
            print(renew(target, more), flush=True)
    except (CorpusError, programs.ProgramError) as error:
        print(f"fuzz: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
