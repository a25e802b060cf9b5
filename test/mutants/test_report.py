# SPDX-License-Identifier: BSD-2-Clause
"""What a run concludes: the shares that make it red, the reasons of survivors, and their going stale."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from projects import find
from mutants import command, explained
from mutants.draw import Mutant
from mutants.report import Report
from mutants.trial import Result
from sel.errors import BadInput

WHY = """\
- file: test/mutants/small/small.c
  function: small_unused
  before: return value * 1;
  after: return value * (1 + 1);
  why: nothing calls it
"""


def report_of(pool: list[list[Mutant]], caught: int, explained_ones: int, survivors: int) -> Report:
    one = find(pool, 36, "return value * (1 + 1);")
    other = find(pool, 12, "(void)0;")
    reasons = {explained.key_of(one): "nothing calls it"}
    report = Report("small", 1, caught + explained_ones + survivors, reasons)
    for _ in range(caught):
        report.add(Result(other, "digest", program="small", noticed="within_above"))
    for _ in range(explained_ones):
        report.add(Result(one, "digest"))
    for _ in range(survivors):
        report.add(Result(other, "digest"))
    return report


@pytest.mark.parametrize(
    ("caught", "explained_ones", "survivors", "faults"),
    [
        (475, 0, 25, []),
        (475, 15, 10, []),
        (474, 15, 11, ["474 of 500 mutants were caught (94.8%), at least 95% must be"]),
        (480, 16, 4, ["16 of 500 mutants are explained (3.2%), at most 3% may be"]),
        (0, 0, 0, ["no mutant could be made"]),
    ],
)
def test_shares(pool: list[list[Mutant]], caught: int, explained_ones: int, survivors: int, faults: list[str]) -> None:
    found = report_of(pool, caught, explained_ones, survivors).faults()
    assert len(found) == len(faults)
    assert all(expected in sentence for expected, sentence in zip(faults, found))


def test_last_line_and_survivors_in_detail(pool: list[list[Mutant]], capsys: pytest.CaptureFixture[str]) -> None:
    report_of(pool, 3, 1, 2).show(Counter({"did not compile": 4}))
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "4 passed, 2 failed"
    assert "sel: drawn besides and not counted: 4 did not compile" in lines
    at = lines.index("survivor test/mutants/small/small.c:12 in small_within: dropped statement, executed by 0 programs")
    assert lines[at + 1 : at + 3] == ["    - value = 0;", "    + (void)0;"]


def test_json_has_all(pool: list[list[Mutant]], tmp_path: Path) -> None:
    report_of(pool, 1, 1, 1).write(tmp_path / "report.json", Counter())
    content = json.loads((tmp_path / "report.json").read_text())
    assert (content["caught"], content["explained"], content["survived"]) == (1, 1, 1)
    assert [entry["caught by"] for entry in content["mutants"]] == ["small", None, None]


def written(tmp_path: Path, text: str) -> dict[explained.Key, str]:
    path = tmp_path / "equivalent.yaml"
    path.write_text(text)
    return explained.read(path)


def test_a_reason_fits_its_mutant(pool: list[list[Mutant]], tmp_path: Path) -> None:
    reasons = written(tmp_path, WHY)
    assert reasons == {explained.key_of(find(pool, 36, "return value * (1 + 1);")): "nothing calls it"}
    assert explained.stale(reasons, pool) == []


@pytest.mark.parametrize("old, new", [("value * 1", "value * 2"), ("small_unused", "small_gone"), ("(1 + 1)", "(1 + 2)"), ("small.c", "big.c")])
def test_a_reason_of_another_line_is_stale(pool: list[list[Mutant]], tmp_path: Path, old: str, new: str) -> None:
    assert len(explained.stale(written(tmp_path, WHY.replace(old, new)), pool)) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- file: a\n  - b", "is no YAML"),
        (WHY.replace("  why: nothing calls it\n", ""), "entry 1 has file, function, before, after; each has exactly file, function, before, after, why"),
        (WHY.replace("nothing calls it", "''"), "entry 1 gives no reason"),
        ("- word", "entry 1 has str"),
        ("file: a", "it is a list of entries, not dict"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=".") as refused:
        written(tmp_path, text)
    assert sentence in str(refused.value)


def test_more_than_there_are(pool: list[list[Mutant]]) -> None:
    every = sum(map(len, pool))
    command.check_count(every, pool, "small")
    with pytest.raises(BadInput, match=f"--count {every + 1}: small has 12 statements that can be changed in {every} ways; ask for fewer"):
        command.check_count(every + 1, pool, "small")


def test_unknown_code() -> None:
    with pytest.raises(BadInput, match=r"--of kernle: there is no such code to change \(did you mean 'kernel'\?\)"):
        command.find_subject("kernle")
