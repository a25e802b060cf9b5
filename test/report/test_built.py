# SPDX-License-Identifier: BSD-2-Clause
"""What a build adds, on a build of programs whose bytes the test has made."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from conftest import GUEST, ROOT, spoken, write_spec

from introspect import perfetto
from introspect.telling import Told
from report import built, data, trace
from report.authority import Authority
from sel.errors import Failed


def collected(planted: tuple[Path, Path]) -> dict:
    """The data of the planted build."""
    spec, folder = planted
    authority = Authority(spec, "small.yaml")
    build, said = built.find(folder, "debug", authority.plan)
    assert build is not None, said
    return data.collect(authority, build, "debug", said)


def test_programs_have_sizes_and_hashes(planted: tuple[Path, Path]) -> None:
    found = collected(planted)
    user = next(each for each in found["processes"] if each["name"] == "user")["program"]
    assert (user["text"], user["rodata"], user["data"], user["zeroed"]) == (103, 40, 8, 1000)
    assert user["sha256"] == hashlib.sha256((planted[1] / "elf" / "user.elf").read_bytes()).hexdigest()
    kernel = next(each for each in found["files"] if each["file"] == "kernel.elf")
    assert kernel["sections"] == {"text": 5000, "rodata": 0, "data": 16, "zeroed": 4080}


def test_files_are_those_that_are_booted(planted: tuple[Path, Path]) -> None:
    files = {each["what"]: each for each in collected(planted)["files"]}
    image = planted[1] / "image.bin"
    assert (files["the system as it boots"]["size"], files["the system as it boots"]["sha256"]) == (image.stat().st_size, hashlib.sha256(image.read_bytes()).hexdigest())
    guest = next(each for each in files.values() if each["sha256"] == hashlib.sha256(GUEST).hexdigest())
    assert (guest["guest"], guest["address"], guest["size"]) == ("box", 0x40080000, len(GUEST))


def test_map_has_kernel_payload_and_guest_image_at_their_places(planted: tuple[Path, Path]) -> None:
    spaces = {space["name"]: space for space in collected(planted)["memory"]["spaces"]}
    at = {piece["name"]: (piece["start"], piece["size"]) for piece in spaces["RAM"]["pieces"]}
    assert at["the kernel"] == (0x40200000, 0x3000)  # to the end of its zeroed memory, 0x40203000
    assert at["the payload: roottask, programs, guests' images"][0] == 0x40400000  # the next 2 MiB
    assert sum(piece["size"] for piece in spaces["RAM"]["pieces"]) == 2 << 30
    assert spaces["payload"]["start"] == 0x40400000
    assert "the program of user" in {piece["name"] for piece in spaces["payload"]["pieces"]}
    assert (0x40080000, len(GUEST)) in {(piece["start"], piece["size"]) for piece in spaces["RAM of box"]["pieces"]}


def test_pages_of_programs_are_mapped_with_their_rights(planted: tuple[Path, Path]) -> None:
    user = next(each for each in collected(planted)["processes"] if each["name"] == "user")
    pages = [(each["size"], each["rights"], each["place"]) for each in user["mappings"] if "program" in each["thing"]]
    assert pages == [(4096, ["READ", "EXECUTE"], "small.yaml:13"), (4096, ["READ"], "small.yaml:13"), (4096, ["READ", "WRITE"], "small.yaml:13")]


def test_a_build_of_another_spec_is_left_out(planted: tuple[Path, Path]) -> None:
    spec, folder = planted
    spec.write_text(spec.read_text().replace("heap: 8K", "heap: 16K"))
    build, said = built.find(folder, "debug", Authority(spec, "small.yaml").plan)
    assert build is None and "earlier state of the spec" in said


def test_a_comment_makes_no_other_spec(planted: tuple[Path, Path]) -> None:
    spec, folder = planted
    spec.write_text("# a comment\n" + spec.read_text())
    build, said = built.find(folder, "debug", Authority(spec, "small.yaml").plan)
    assert build is not None and said == "built with the preset debug"


def test_a_damaged_build_is_told(planted: tuple[Path, Path]) -> None:
    spec, folder = planted
    (folder / "system.json").write_text("{")
    with pytest.raises(Failed, match="damaged"):
        built.find(folder, "debug", Authority(spec, "small.yaml").plan)


def test_every_key_is_told_in_the_document(planted: tuple[Path, Path], tmp_path: Path) -> None:
    """docs/design/report.md has each key of the data in backquotes, and no others in the first column of its tables."""
    document = (ROOT / "docs/design/report.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in document.splitlines() if line.startswith("| `")]
    folder = tmp_path / "spoken"
    folder.mkdir()
    perfetto.write(folder / "run.json", [Told(1, "switch", "idle", "", "user"), Told(9, "irq", "user", "interrupt 27")], 1000, "small")
    run = trace.summarise(folder / "run.json", "run.json", "small")
    with_protocol = data.collect(Authority(write_spec(folder, spoken(folder)), "small.yaml"), None, "debug", "not built", run)
    assert keys_of([collected(planted), with_protocol]) == {key for row in rows for key in re.findall(r"`(\w+)`", row)}


def keys_of(value: object) -> set[str]:
    """All keys of nested dictionaries."""
    if isinstance(value, dict):
        return set(value).union(*(keys_of(each) for each in value.values())) if value else set()
    return set().union(*(keys_of(each) for each in value)) if isinstance(value, list) else set()


def test_same_bytes_wherever_it_is_built(planted: tuple[Path, Path]) -> None:
    assert str(planted[1]) not in json.dumps(collected(planted))
