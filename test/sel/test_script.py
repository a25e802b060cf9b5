# SPDX-License-Identifier: BSD-2-Clause
"""Scripts: parsing of --expect and --send, their order, what matches when."""

from __future__ import annotations

import pytest
from sel.console import Piece
from sel.errors import BadInput
from sel.logs import Console
from sel.script import Expect, ScriptState, Send, parse_steps, unescape, unknown_console

CONSOLES = [Console(0, "kernel"), Console(1, "linux", True), Console(2, "heartbeat")]


def state(*steps: tuple[str, str]) -> ScriptState:
    return ScriptState(parse_steps(list(steps), CONSOLES, front=1))


def test_console_names_are_split_off() -> None:
    expect, send, plain = parse_steps([("expect", "heartbeat:tick: \\d+"), ("send", "kernel:x"), ("expect", "login: ")], CONSOLES, 1)
    assert isinstance(expect, Expect) and expect.channel == 2 and expect.named and expect.named.pattern == b"tick: \\d+"
    assert isinstance(send, Send) and send.channel == 0
    assert isinstance(plain, Expect) and plain.channel is None and plain.whole.pattern == b"login: "


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("ls", b"ls\r"), ("ls\\n", b"ls\r"), ("ls\n", b"ls\r"), ("a\\tb\\\\n\\c", b"a\tb\\n"), ("\\x03", b"\x03"),
        ("", b"\r"), ("y\\c", b"y"), ("\\e[A\\c", b"\x1b[A"), ("caf\u00e9\\c", "caf\u00e9".encode()), ("a\nb", b"a\rb\r"),
        ("\\xff\\c", b"\xff"), ("\\xc3\\xa9\\c", b"\xc3\xa9"), ("\\x0a", b"\n"), ("a\\\\c", b"a\\c\r"),
    ],
)
def test_escapes_and_enter(text: str, sent: bytes) -> None:
    assert unescape(text) == sent


@pytest.mark.parametrize(("text", "escape", "at"), [("\\q", "\\q", 1), ("ab\\x4", "\\x", 3), ("a\\", "\\", 2), ("a\\cb", "\\c", 2), ("\\xzz", "\\x", 1)])
def test_unknown_escape_is_a_sentence(text: str, escape: str, at: int) -> None:
    with pytest.raises(BadInput) as error:
        unescape(text)
    assert str(error.value).startswith(f"--send '{text}': there is no escape {escape} (character {at}); there are: \\n ")


def test_bad_regex_is_a_sentence() -> None:
    with pytest.raises(BadInput, match=r"--expect 'a\(' is not a regular expression: .*character 2"):
        state(("expect", "a("))


def test_steps_pass_in_order_only() -> None:
    script = state(("expect", "prompt"), ("send", "go"), ("expect", "done"))
    script.take(Piece(1, b"done", None))
    assert script.advance() == [] and script.done_count == 0
    script.take(Piece(1, b" prompt", None))
    assert [s.data for s in script.advance()] == [b"go\r"] and script.done_count == 2
    script.take(Piece(1, b" done", None))
    script.advance()
    assert script.current() is None


def test_text_is_matched_once() -> None:
    script = state(("expect", "ready"), ("expect", "ready"))
    script.take(Piece(1, b"ready\n", None))
    script.advance()
    assert script.done_count == 1
    script.take(Piece(1, b"ready\n", None))
    script.advance()
    assert script.current() is None


def test_other_console_does_not_match_a_named_one() -> None:
    script = state(("expect", "linux:hello"))
    script.take(Piece(2, b"hello", None))
    script.advance()
    assert script.done_count == 0


def test_text_that_looks_like_a_named_console() -> None:
    script = state(("expect", "heartbeat: 3 beats"))
    script.take(Piece(0, b"heartbeat: 3 beats\n", None))
    script.advance()
    assert script.current() is None


def test_earlier_text_of_another_console_still_counts() -> None:
    script = state(("expect", "linux:prompt"), ("expect", "heartbeat:tick"))
    script.take(Piece(2, b"tick\n", None))
    script.take(Piece(1, b"prompt", None))
    script.advance()
    assert script.current() is None


def test_text_from_before_the_previous_match_is_no_answer() -> None:
    """Whatever console it is on; what came after the match counts, even in the same chunk."""
    script = state(("expect", "linux:# $"), ("send", "run"), ("expect", "tick"))
    script.take(Piece(2, b"tick\n", None))
    script.take(Piece(1, b"~ # ", None))
    assert [send.data for send in script.advance()] == [b"run\r"]
    script.advance()
    assert script.done_count == 2
    script.take(Piece(2, b"tock\n", None))
    script.advance()
    assert script.done_count == 2
    script.take(Piece(2, b"tick\n", None))
    script.advance()
    assert script.current() is None


def test_text_after_the_previous_match_counts_however_it_was_cut() -> None:
    for order in ((2, 1, 2), (2, 1, 0, 2)):
        script = state(("expect", "ready"), ("send", "run"), ("expect", "tick"))
        for channel in order:
            script.take(Piece(channel, {0: b"x\n", 1: b"ready\n", 2: b"tick\n"}[channel], None))
        script.advance()
        assert script.current() is None


def test_match_that_was_complete_first_is_taken() -> None:
    script = state(("expect", "ready"), ("expect", "early"))
    script.take(Piece(1, b"noise\n", None))
    script.take(Piece(2, b"ready\n", None))
    script.take(Piece(1, b"early ", None))
    script.take(Piece(1, b"ready\n", None))
    script.advance()
    assert script.current() is None


def test_order_is_kept_when_old_text_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptState, "KEPT_BYTES", 20)
    script = state(("expect", "ready"), ("expect", "tick"))
    for _ in range(30):
        script.take(Piece(2, b"tick tock\n", None))
        script.take(Piece(1, b"words and words\n", None))
    script.take(Piece(1, b"ready\n", None))
    script.advance()
    assert script.done_count == 1
    script.take(Piece(2, b"tick", None))
    script.advance()
    assert script.current() is None


def test_match_across_pieces_without_carriage_returns_and_colours() -> None:
    script = state(("expect", "^all \\w+$"))
    for part in (b"x\r\n\x1b[", b"1mall g", b"ood\x1b[0m\r", b"\n"):
        script.take(Piece(1, part, None))
    script.advance()
    assert script.current() is None


def test_unknown_console_is_hinted_at(capsys: pytest.CaptureFixture[str]) -> None:
    """A word with a colon may be text, so it is no error; a regular expression or the name of a console draws nothing."""
    hint = "there is no console 'heartbet' (did you mean 'heartbeat'?), so 'heartbet:' was taken as text; consoles: kernel, linux, heartbeat"
    assert unknown_console("heartbet:x", CONSOLES) == hint
    assert [unknown_console(text, CONSOLES) for text in ("linux:x", "ls -l", "[a-z]:", "10:30")] == [""] * 4
    state(("send", "linux:ls"), ("expect", "heartbet: x"))
    assert capsys.readouterr().out == ""
    state(("send", "heartbet:x"))
    assert capsys.readouterr().out == f"sel: --send 'heartbet:x': {hint}\n"


@pytest.mark.parametrize(("text", "front", "name"), [("kernel:x", 1, "kernel"), ("x", 2, "heartbeat")])
def test_input_that_nobody_reads_is_refused(text: str, front: int, name: str) -> None:
    consoles = [Console(0, "kernel", takes_input=False), Console(1, "linux", True), Console(2, "heartbeat", takes_input=False)]
    with pytest.raises(BadInput, match=f"--send '{text}': console {name} takes no input; these do: linux"):
        parse_steps([("send", text)], consoles, front)


def test_expectation_of_an_unknown_console_is_refused() -> None:
    with pytest.raises(BadInput) as error:
        state(("expect", "heartbet:tick"))
    assert str(error.value) == (
        "--expect 'heartbet:tick': there is no console 'heartbet' (did you mean 'heartbeat'?); consoles: kernel, linux, heartbeat; "
        "if 'heartbet:' is text to wait for, write 'heartbet[:]tick'"
    )
    state(("expect", "heartbet[:]tick"), ("expect", "hello: text"), ("expect", "MemTotal:.*kB"), ("expect", "10:30"), ("expect", "done:"))
