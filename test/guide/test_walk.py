# SPDX-License-Identifier: BSD-2-Clause
"""The runner of pages: what it does with each kind of block, and that what is not so is told with page and line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from blocks import BadPage, read_blocks
from compare import first_difference, plain_lines
from walk import PageFailed, Walk


def walk(folder: Path, text: str, with_long: bool = False) -> int:
    """Walk through a page in a folder of its own."""
    (folder / "here").mkdir(exist_ok=True)
    return Walk("page.md", text, folder / "here").run(with_long)


def refusal(folder: Path, text: str) -> str:
    """What is said of a page that is not so."""
    with pytest.raises(PageFailed) as caught:
        walk(folder, text)
    return str(caught.value)


def test_commands_share_folder_and_variables(tmp_path: Path) -> None:
    text = "```sh\nmkdir 'a b'\ncd 'a b'\nexport WORD='two words'\n```\n\n```console\n$ basename \"$PWD\"; echo $WORD\na b\ntwo words\n```\n"
    assert walk(tmp_path, text) == 2


def test_a_file_is_written_where_the_reader_is(tmp_path: Path) -> None:
    text = "```sh\nmkdir x && cd x\n```\n\n`y/z.c`:\n\n```c\nint a;\n```\n\n```console\n$ cat y/z.c\nint a;\n```\n"
    walk(tmp_path, text)
    assert (tmp_path / "here/x/y/z.c").read_text() == "int a;\n"


def test_a_change_is_made(tmp_path: Path) -> None:
    walk(tmp_path, "`f`:\n\n```text\none\ntwo\nthree\n```\n\n`f`:\n\n```diff\n one\n-two\n+2\n+2.5\n three\n```\n")
    assert (tmp_path / "here/f").read_text() == "one\n2\n2.5\nthree\n"


def test_a_change_of_lines_that_are_not_there(tmp_path: Path) -> None:
    said = refusal(tmp_path, "`f`:\n\n```text\none\n```\n\n`f`:\n\n```diff\n-two\n+2\n```\n")
    assert said.startswith("page.md:9: the lines to be changed are 0 times in f; expected once:\ntwo\n--- the file:\none\n")


def test_a_change_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path, "\n`f`:\n\n```diff\n-two\n+2\n```\n") == "page.md:4: a change of f, which is not there"


def test_output_that_differs_names_the_line(tmp_path: Path) -> None:
    said = refusal(tmp_path, "# Page\n\n```console\n$ printf '1\\n2\\n3\\n'\n1\ntwo\n3\n```\n")
    assert said == "page.md:6: after `printf '1\\n2\\n3\\n'` expected: 'two'\n--- what came:\n1\n2\n3"


def test_output_beyond_what_is_shown(tmp_path: Path) -> None:
    said = refusal(tmp_path, "```console\n$ printf '1\\n2\\n'\n1\n```\n")
    assert said == "page.md:4: after `printf '1\\n2\\n'` expected: the end of the output\n--- what came:\n1\n2"


def test_a_command_that_fails(tmp_path: Path) -> None:
    assert refusal(tmp_path, "```sh\ntrue\necho no; false\n```\n") == "page.md:3: `echo no; false` ended with status 1:\nno\n"
    assert "ended with status 1, which what is shown does not tell" in refusal(tmp_path, "```console\n$ false\n```\n")


@pytest.mark.parametrize("text", [
    "```console\n$ false\n$ echo $?\n1\n```\n",
    "```console\n$ echo 'sel: result=input log=-'; exit 2\nsel: result=input log=-\n```\n",
])
def test_a_command_that_is_shown_to_fail(text: str, tmp_path: Path) -> None:
    assert walk(tmp_path, text) == 1


def test_a_command_that_does_not_fail_as_shown(tmp_path: Path) -> None:
    said = refusal(tmp_path, "```console\n$ echo 'sel: result=input log=-'\nsel: result=input log=-\n```\n")
    assert "ended with status 0, which what is shown does not tell" in said


def test_a_page_that_fails_leaves_nothing_running(tmp_path: Path) -> None:
    """What it began in the background would hold a port that the next run of the page needs."""
    refusal(tmp_path, "```sh\nsleep 1000 > /dev/null 2>&1 & echo $! > run.pid\nfalse\n```\n")
    process = Path("/proc") / (tmp_path / "here" / "run.pid").read_text(encoding="utf-8").strip() / "cmdline"
    end = time.monotonic() + 20
    while process.exists() and process.read_bytes() and time.monotonic() < end:
        time.sleep(0.05)
    assert not process.exists() or not process.read_bytes()


def test_long_blocks_wait_for_the_longer_part(tmp_path: Path) -> None:
    text = "```sh\ntouch a\n```\n\n```sh long\ntouch b\n```\n\n```sh\ntouch c\n```\n"
    assert walk(tmp_path, text) == 2 and sorted(path.name for path in (tmp_path / "here").iterdir()) == ["a", "c"]
    assert walk(tmp_path, text, with_long=True) == 3 and (tmp_path / "here/b").exists()


def test_a_key_waits_for_what_the_one_before_it_brings(tmp_path: Path) -> None:
    """However long that takes: the second comes behind the first one's answer."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here/keys").write_text("stty -icanon -echo; echo 'a is in front'; dd bs=1 count=1 of=first 2>&-; sleep 4; timeout 0.1 dd bs=1 count=1 2>&- || echo 'none yet'; dd bs=1 count=1 2>&-; true")
    assert walk(tmp_path, "```console\n$ sh keys # then a, b\na is in front\nnone yet\nb\n```\n") == 1


def test_keys_are_typed(tmp_path: Path) -> None:
    """At a terminal, once the console is in front; the second when nothing more has come for a while."""
    script = tmp_path / "here/keys"
    (tmp_path / "here").mkdir()
    script.write_text("stty -icanon -echo; echo 'a is in front'; dd bs=1 count=2 2>&- | od -An -tx1; printf '%s' \"$(dd bs=1 count=1 2>&-)\"")
    assert walk(tmp_path, "```console\n$ sh keys # then Ctrl-] w, q\na is in front\n 1d 77\nq\n```\n") == 1


@pytest.mark.parametrize(("text", "words"), [
    ("\n```yaml\na: 1\n```\n", "2: a block of yaml without a caption `PATH`: above it, and without `not run: REASON`"),
    ("```sh\ntrue\n", "1: a block that does not end"),
    ("```\ntrue\n```\n", "1: the info string '' is not `LANGUAGE [long | form | not run: REASON]`"),
    ("```c form\nint a;\n```\n", "1: a form is of sh or yaml"),
    ("```sh not run\ntrue\n```\n", "1: the info string 'sh not run' is not"),
    ("Do:\n\n    ./sel run\n", "3: code by indentation; fence it, so that it is run"),
])
def test_blocks_that_nothing_would_check(text: str, words: str) -> None:
    with pytest.raises(BadPage) as caught:
        read_blocks(text)
    assert str(caught.value).startswith(words)


def test_a_block_that_is_not_run_has_a_reason() -> None:
    (block,) = read_blocks("```sh not run: it needs the network\nwget x\n```\n")
    assert not block.is_run and block.reason == "it needs the network"


def test_a_block_in_a_list_is_read_without_its_indent() -> None:
    (block,) = read_blocks("1. Do:\n\n   ```sh\n   true\n   ```\n")
    assert block.lines == ("true",)


FORMS = [
    ("sh", "./sel bench SYSTEM [--ms N] --json FILE  # measures\n", None),
    ("sh", "./sel bench\n./sel bench --jason FILE\n", "page.md:3: sel bench has no option --jason"),
    ("sh", "./sel bnech\n", "page.md:2: sel has no command 'bnech'"),
    ("yaml", "processes:\n  a:\n    timer: true\n", None),
    ("yaml", "processes:\n  a:\n    timr: true\n", "page.md:2: processes.a: Additional properties are not allowed ('timr' was unexpected)"),
    ("yaml", "policy:\n  - max: {who: [a], share: 60%}\n", None),
    ("yaml", "methods:\n  now: {results: {seconds: u32}}\n", None),
    ("yaml", "methods:\n  now: {result: {seconds: u32}}\n", "page.md:2: methods.now: Additional properties are not allowed ('result' was unexpected)"),
]


@pytest.mark.parametrize(("language", "text", "fault"), FORMS)
def test_forms(language: str, text: str, fault: str | None, tmp_path: Path) -> None:
    """Commands and keys that there are; nothing is run, and what must be given may be left out."""
    page = f"```{language} form\n{text}```\n"
    if fault is None:
        assert walk(tmp_path, page) == 1
    else:
        assert refusal(tmp_path, page).startswith(fault)


@pytest.mark.parametrize(("shown", "place"), [
    (["a", "b", "c"], None), (["...", "c"], None), (["a", "..."], None), (["a", "...", "b", "c"], None), (["a", "b", "...", "c", "..."], None), (["a", "x...", "c"], 1),
    (["a", "...b...", "c"], None), (["a", "...", "d"], 2), (["a", "b"], 2), (["...", "a", "b", "c", "d"], 4),
])
def test_elisions(shown: list[str], place: int | None) -> None:
    assert first_difference(shown, ["a", "b", "c"]) == place


def test_what_a_terminal_does_not_show_does_not_count() -> None:
    assert plain_lines("\n1 of 2\r2 of 2\r\x1b[1mbold\x1b[0m \r\n\r\n") == ["bold"]
