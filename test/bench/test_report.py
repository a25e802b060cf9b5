# SPDX-License-Identifier: BSD-2-Clause
"""Table, differences, history and page from planted results."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import conftest  # noqa: F401 - the path to tools/
from bench import history, page, report
from bench.rows import Baseline, Row
from bench.statistics import COUNTERS, Summary
from sel.errors import BadInput, Failed


def result(name: str = "call", median: int = 300, baseline: Baseline = Baseline(200, (("sel4", 600),)), lines: dict[str, int] | None = None) -> dict:
    """A row's result."""
    facts = dict.fromkeys(COUNTERS, 4)
    return report.result_of(Row(name, "a <call>", 10, "head", "instructions"), Summary(10, median - 1, median, median + 9, facts, 2), {name: baseline}, lines)


def test_the_table_has_the_ratios() -> None:
    """To the target and to seL4; a dash where there is none."""
    lines = report.table([result(), result("new", 7, Baseline())]).splitlines()
    assert lines[1].split()[-4:] == ["200", "1.50", "600", "0.50"]
    assert lines[2].split()[-4:] == ["-", "-", "-", "-"]


def test_notes_say_which_targets_are_not_met() -> None:
    """A row without a target counts for nothing; one in another unit is named."""
    met, missed = result(), {**result("slow"), "median": 10**6}
    text = report.notes([met | {"median": 1}, missed, result("new", 7, Baseline()), result("tally") | {"unit": "exits to the VMM", "median": 0, "target": 0}])
    assert "2 of 3 targets met; not: slow" in text and "tally: exits to the VMM, not instructions" in text
    assert report.notes([met | {"median": 1}]).endswith("1 of 1 targets met")
    assert "targets" not in report.notes([result("new", 7, Baseline())])


LINES = {"code_lines": 21, "data_lines": 17, "kernel_code_lines": 20, "kernel_data_lines": 16, "cleared_lines": 64}


def test_lines_are_shown_where_they_were_counted(tmp_path: Path) -> None:
    """Columns of their own, a dash for a row without; not compared with a file that has none."""
    assert "cleared" not in report.table([result()])
    head, counted, other = report.table([result(lines=LINES), result("stretch")]).splitlines()
    assert head.split()[10:13] == ["code", "data", "cleared"] and counted.split()[10:13] == ["21", "17", "64"] and other.split()[10:13] == ["-", "-", "-"]
    text = page.render([result(lines=LINES), result("stretch")], [], {})
    assert "<td>21</td><td>17</td><td>64</td>" in text and "<th>code lines</th>" in text and "code lines" not in page.render([result()], [], {})
    files = [tmp_path / name for name in ("a.json", "b.json", "c.json")]
    for file, lines in zip(files, (LINES, {**LINES, "data_lines": 18}, None)):
        file.write_text(json.dumps({"rows": [result(lines=lines)]}))
    a, b, c = (report.load(file) for file in files)
    assert "data_lines 17 -> 18 (+1)" in report.difference(a, b) and report.difference(a, c) == "no row differs"


def test_differences(tmp_path: Path) -> None:
    """What changed, what came, what went; equal files differ in nothing."""
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    files[0].write_text(json.dumps({"rows": [result(), result("gone"), result("same")]}))
    files[1].write_text(json.dumps({"rows": [result(median=250), result("came"), result("same")]}))
    before, after = (report.load(file) for file in files)
    lines = report.difference(before, after).splitlines()
    assert "median 300 -> 250 (-50)" in lines[0]
    assert any(re.match(r"gone +only in the first file", line) for line in lines)
    assert any(re.match(r"came +only in the second file", line) for line in lines)
    assert not any(line.startswith("same") for line in lines)
    assert report.difference(before, before) == "no row differs"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rows": [{"name": "x"}]}', '{"rows": 3}', '{"rows": [{"name": "x", "min": "y"}]}'])
def test_a_file_that_is_no_result(tmp_path: Path, text: str) -> None:
    """A sentence."""
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(BadInput, match="no result of"):
        report.load(tmp_path / "x.json")


@pytest.mark.parametrize(("content", "said"), [
    ({"rows": []}, "0 rows"), ({"rows": [result(), result()]}, "2 rows of 1 names"), ({"channels": [], "calls": {}}, "result of a system"),
])
def test_a_result_that_cannot_be_compared(tmp_path: Path, content: dict, said: str) -> None:
    """By name."""
    (tmp_path / "x.json").write_text(json.dumps(content))
    with pytest.raises(BadInput, match=said):
        report.load(tmp_path / "x.json")


def test_what_two_results_were_measured_with_is_told(tmp_path: Path) -> None:
    """If it differs."""
    files = [tmp_path / name for name in ("a.json", "b.json", "c.json")]
    for file, setting in zip(files, ({"compiler": "clang 1.2.3", "board": "x"}, {"compiler": "clang 1.2.4", "board": "y"}, {})):
        file.write_text(json.dumps({**setting, "rows": [result()]}))
    a, b, c = (report.load_setting(file) for file in files)
    assert report.setting_difference(a, a) == ""
    assert [line.split(": other")[0] for line in report.setting_difference(a, b).splitlines()] == ["compiler: clang 1.2.3 -> clang 1.2.4", "board: x -> y"]
    assert "compiler: clang 1.2.3 -> not told" in report.setting_difference(a, c)


def test_history_is_appended_once_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second measurement of a commit replaces its first."""
    path = tmp_path / "history.json"
    for commit, median in (("aaa", 300), ("bbb", 290), ("bbb", 280)):
        monkeypatch.setattr(history, "commit", lambda commit=commit: commit)
        history.append([result(median=median)], "clang 19", path)
    assert [(each["commit"], each["rows"]["call"]) for each in history.load(path)] == [("aaa", 300), ("bbb", 280)]
    path.write_text('{"a": 1}')
    with pytest.raises(Failed, match="expected a list"):
        history.load(path)


def test_the_page_needs_no_other_file() -> None:
    """No script, no link to elsewhere; text is escaped; each row has its bars, and its history if there is one."""
    earlier = [{"commit": "aaa", "rows": {"call": 600}}]
    text = page.render([result(), result("new", 7, Baseline())], earlier, {"compiler": "clang 19"})
    assert not re.search(r"<script|src=|href=\"(?!#)|url\(", text)
    assert "a &lt;call&gt;" in text and "<call>" not in text
    drawings = [ElementTree.fromstring(each) for each in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]
    assert len(drawings) == 3
    widths = [float(bar.get("width", "0")) for bar in drawings[0].iter("rect")]
    assert widths[2] == max(widths) and widths[0] == pytest.approx(widths[2] / 2) and widths[1] == pytest.approx(widths[2] / 3, abs=0.1)
    assert [circle.findtext("title") for circle in drawings[1].iter("circle")] == ["aaa: 600", "now: 300"]
