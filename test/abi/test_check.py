# SPDX-License-Identifier: BSD-2-Clause
"""Bad descriptions: each fault is told at its file and line, in a sentence, without a traceback. And the lock file."""

from pathlib import Path

import pytest

from abigen.__main__ import main

ROOT = Path(__file__).resolve().parents[2]

# name of the case: (file, text to replace, replacement, line of the complaint, the complaint)
FAULTS = {
    "missing key": ("errors.yaml", 'number: 2, sentence: "no such method"', "number: 2", 5,
                    "errors.2: 'sentence' is a required property"),
    "unknown key": ("limits.yaml", "value: 15", "value: 15, colour: red", 3,
                    "limits.0: Additional properties are not allowed ('colour' was unexpected)"),
    "wrong kind": ("limits.yaml", "value: 15", "value: many", 3, "limits.0.value: a value of another kind is needed here"),
    "bad name": ("objects.yaml", "name: level", "name: Level", 4, "objects.lamp.0.args.0.name: 'Level' does not match ^[a-z][a-z0-9_]*$"),
    "unknown argument type": ("objects.yaml", "name: level, type: word", "name: level, type: float", 4,
                              "objects.lamp.0.args.0.type: 'float' is not one of word, words, cap, index, bits, count, rights, address, object_type"),
    "duplicate number": ("errors.yaml", "number: 7", "number: 5", 9, "number 5 is used already at line 8"),
    "duplicate name": ("caps.yaml", "name: BOX", "name: LAMP", 13, "name LAMP is used already at line 12"),
    "object of no type": ("caps.yaml", "cap: BOX", "cap: BOXES", 16, "BIG_BOX: there is no capability type BOXES"),
    "overlap": ("caps.yaml", "low: 32, width: 32", "low: 11, width: 32", 12, "field serial overlaps level at word 1 bit 11"),
    "overlap with a common field": ("caps.yaml", "word: 1, low: 8", "word: 0, low: 4", 12, "field level overlaps type at word 0 bit 4"),
    "beyond the word": ("messages.yaml", "low: 60, width: 4", "low: 60, width: 5", 9, "field lamp ends beyond bit 63"),
    "unknown error": ("objects.yaml", "errors: [TOO_BRIGHT], text", "errors: [TOO_DARK], text", 4, "set: there is no error TOO_DARK"),
    "unknown error of a call": ("syscalls.yaml", "[INVALID_CAP, RIGHTS]", "[NONE]", 19, "call: there is no error NONE"),
    "unknown capability": ("objects.yaml", "[BOX, LAMP]", "[BOX, LANTERN]", 4, "box: there is no capability type LANTERN"),
    "unknown right": ("objects.yaml", "rights: [WRITE]", "rights: [BREAK]", 4, "box: there is no right BREAK"),
    "unknown need": ("objects.yaml", "needs: [READ]", "needs: [BREAK]", 5, "get: there is no right BREAK"),
    "unknown object": ("objects.yaml", "  lamp:", "  lantern:", 3, "there is no capability type LANTERN"),
    "destruction of no object": ("objects.yaml", "box: {by: box_close}", "bucket: {by: box_close}", 8, "there is no capability type BUCKET"),
    "destruction of who has slots": ("objects.yaml", "box: {by: box_close}", "tcb: {by: tcb_close}", 8, "tcb: it dies by its slots (kernel/object/destroy.c)"),
    "gap in methods": ("objects.yaml", "name: write, number: 3", "name: write, number: 4", 6,
                       "write: method numbers run from 1 without a gap, 3 is expected"),
    "with without direct": ("objects.yaml", "needs: [READ], args", "needs: [READ], with: LAMP, args", 5,
                            "get: 'with' is for the function that 'direct' names"),
    "direct with results": ("objects.yaml", "needs: [READ], args", "needs: [READ], direct: lamp_tell, args", 5,
                            "get: 'direct' names a function for a plain method without results"),
    "bound without its error": ("objects.yaml", "level, serial], errors: []}", "level, serial], errors: [TOO_BRIGHT], bound: true}", 5,
                                "get: 'bound' can refuse with NOT_BOUND"),
    "other than a tcb": ("objects.yaml", "level, serial], errors: []}", "level, serial], errors: [BUSY], other: true}", 5,
                         "get: 'other' is for methods of a tcb that can refuse with BUSY"),
    "registers without a run": ("objects.yaml", "number: 3, plain", "number: 3, registers: LAMP_COUNT, plain", 6,
                                "write: 'registers' goes with the arguments 'first' and 'count'"),
    "cap without type": ("objects.yaml", "type: cap, cap: [BOX, LAMP]", "type: cap", 4, "box: 'cap' goes with type cap and only with it"),
    "tail not counted": ("objects.yaml", "name: count, type: word", "name: amount, type: word", 6,
                         "values: words must come last, after 'count' (words) or 'length' (bytes)"),
    "placeholder unknown": ("errors.yaml", "{cptr}", "{slot}", 4, "INVALID_CAP: the sentence names 'slot', which is no detail of it"),
    "placeholder malformed": ("errors.yaml", "{cptr}", "{cptr:octal}", 4,
                              "INVALID_CAP: '{cptr:octal}' is no placeholder ({name} or {name:hex|type|types|rights})"),
    "no OK": ("errors.yaml", "name: OK, number: 0", "name: FINE, number: 0", 3, "the first error must be OK with number 0"),
    "buffer gap": ("syscalls.yaml", "name: caps, offset: 12", "name: caps, offset: 13", 16, "caps starts at word 13, the part before ends at 12"),
    "buffer size": ("syscalls.yaml", "size_bytes: 128", "size_bytes: 256", 12, "16 words are not 256 bytes"),
    "register count": ("syscalls.yaml", "registers: [x9, x18]", "registers: [x9]", 4, "1 registers for 2 words"),
    "register not saved": ("syscalls.yaml", "registers: [x9, x18]", "registers: [x9, x10]", 4,
                           "register x10 is not among the thread_registers of messages.yaml"),
    "boot words": ("limits.yaml", "untyped_offset: 4", "untyped_offset: 1", 11, "2 words do not fit before word 1"),
    "register twice": ("messages.yaml", "[x0, x1", "[x0, x0, x1", 18, "register x0 is listed twice"),
    "field missing": ("caps.yaml", "name: object, word", "name: thing, word", 6, "the common field 'object' is missing"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_told_at_their_line(name: str, small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One fault, one sentence, at the right place; exit code 2."""
    file, old, new, line, sentence = FAULTS[name]
    text = (small / file).read_text()
    assert text.count(old) == 1
    (small / file).write_text(text.replace(old, new))
    assert main(["check", "--abi", str(small)]) == 2
    assert f"{small / file}:{line}: {sentence}" in capsys.readouterr().err.splitlines()


def test_duplicate_keys_are_errors(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """YAML 1.2 strict: a key twice is no silent overwrite."""
    path = small / "caps.yaml"
    path.write_text(path.read_text() + "rights: []\n")
    assert main(["check", "--abi", str(small)]) == 2
    assert f"{path}:17:" in capsys.readouterr().err


def test_missing_and_unreadable_files(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both are named in one run."""
    (small / "caps.yaml").unlink()
    (small / "errors.yaml").write_bytes(b"\xff\xfe\x00")
    assert main(["check", "--abi", str(small)]) == 2
    problems = capsys.readouterr().err.splitlines()
    assert problems[0] == f"{small / 'caps.yaml'}:1: the file is missing"
    assert problems[1].startswith(f"{small / 'errors.yaml'}:1: cannot be read:")


def test_a_list_at_the_top_is_an_error(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not a traceback."""
    (small / "caps.yaml").write_text("- 1\n")
    assert main(["check", "--abi", str(small)]) == 2
    assert capsys.readouterr().err == f"{small / 'caps.yaml'}:1: a mapping is expected at the top\n"


def test_lock_matches_the_golden(small: Path) -> None:
    """Every number, name and layout of the small ABI, sorted."""
    assert main(["lock", "--abi", str(small)]) == 0
    assert (small / "abi.lock").read_text() == (ROOT / "test/abi/golden/abi.lock").read_text()


def test_changes_are_named(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Added, changed and removed, each by its dotted name; then accepted by `lock`."""
    main(["lock", "--abi", str(small)])
    limits = small / "limits.yaml"
    limits.write_text(limits.read_text().replace("name: LEVEL_MAX, value: 15", "name: LEVEL_TOP, value: 15").replace("index: 2", "index: 5"))
    assert main(["check", "--abi", str(small)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["changed  initial_slots.LAMP: 2 -> 5", "removed  limits.LEVEL_MAX = 15", "added    limits.LEVEL_TOP = 15"]
    assert lines[3].startswith("abigen: 3 differences from ") and lines[3].endswith("PYTHONPATH=tools python3 -m abigen lock")
    main(["lock", "--abi", str(small)])
    assert main(["check", "--abi", str(small)]) == 0


def test_explanations_are_not_abi(small: Path) -> None:
    """A better sentence or text needs no new lock."""
    main(["lock", "--abi", str(small)])
    for name, old, new in (("errors.yaml", "too few", "too few words"), ("objects.yaml", "Set it.", "Set the level.")):
        (small / name).write_text((small / name).read_text().replace(old, new))
    assert main(["check", "--abi", str(small)]) == 0


def test_pages_are_held_to_the_description(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page that is not as it would be written, one that is missing and one too many are named; `pages` mends all."""
    pages = tmp_path / "pages"
    main(["lock", "--abi", str(small)])
    assert main(["pages", "--abi", str(small), "--pages", str(pages)]) == 0
    assert main(["check", "--abi", str(small), "--pages", str(pages)]) == 0
    (pages / "errors.md").write_text("other\n")
    (pages / "limits.md").unlink()
    (pages / "object_old.md").touch()
    capsys.readouterr()
    assert main(["check", "--abi", str(small), "--pages", str(pages)]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"abigen: {pages}: errors.md, limits.md, object_old.md not as the description says; ")
    assert main(["pages", "--abi", str(small), "--pages", str(pages)]) == 0
    assert main(["check", "--abi", str(small), "--pages", str(pages)]) == 0 and not (pages / "object_old.md").exists()


def test_the_committed_lock_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """The real ABI against libsel/abi/abi.lock and docs/reference/abi."""
    assert main(["check"]) == 0, capsys.readouterr().out
