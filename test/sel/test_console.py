# SPDX-License-Identifier: BSD-2-Clause
"""The console protocol: pieces, times, splits anywhere, the kernel cutting in anywhere."""

from __future__ import annotations

from collections import defaultdict

import pytest
from sel.console import ConsoleDemux, ConsoleMux, TextFilter

#: What a console server may send: never channel 0; the literal RS is followed by a marker.
STREAM = (
    b"early kernel line\n"
    b"\x1e[1@1500]Linux says\r\n\x1e[1@2500]  two lines\r\n"
    b"\x1e[2@3000]beat\n"
    b"\x1e[1]no time, a literal \x1e\x1e\x1e[1][bracket]\n"
    b"\x1e[12@5000]twelve\x1e[1@6000]end"
)
TEXTS = {
    0: b"early kernel line\n",
    1: b"Linux says\r\n  two lines\r\nno time, a literal \x1e[bracket]\nend",
    2: b"beat\n",
    12: b"twelve",
}


def texts(chunks: list[bytes]) -> dict[int, bytes]:
    demux = ConsoleDemux()
    got: dict[int, bytes] = defaultdict(bytes)
    for chunk in chunks:
        for piece in demux.feed(chunk):
            got[piece.channel] += piece.data
    return dict(got)


def test_whole_stream() -> None:
    assert texts([STREAM]) == TEXTS


def test_every_split_in_two() -> None:
    for at in range(len(STREAM) + 1):
        assert texts([STREAM[:at], STREAM[at:]]) == TEXTS, at


def test_byte_by_byte() -> None:
    assert texts([bytes([byte]) for byte in STREAM]) == TEXTS


def _positions() -> list[int]:
    """All places but those between the two bytes of a literal RS, which a writer never leaves open."""
    literal = STREAM.index(b"\x1e\x1e")
    return [at for at in range(len(STREAM) + 1) if at != literal + 1]


@pytest.mark.parametrize("message", [b"\x1e[0@77]panic\n\x1e[<]", b"\x1e[0@77]one\n\x1e[0@78]two\n\x1e[<]"])
def test_kernel_cuts_in_anywhere(message: bytes) -> None:
    said = b"panic\n" if b"panic" in message else b"one\ntwo\n"
    for at in _positions():
        got = texts([STREAM[:at] + message + STREAM[at:]])
        kernel = got.pop(0)
        assert said in kernel, at
        assert kernel.replace(said, b"", 1) == TEXTS[0], at
        assert got == {k: v for k, v in TEXTS.items() if k != 0}, at


def test_times_follow_their_lines() -> None:
    pieces = list(ConsoleDemux().feed(b"x\x1e[1@1500]a\x1e[2]b\x1e[1@9]c\x1e[0@70]k\x1e[<]d"))
    assert [(p.channel, p.data, p.time_us) for p in pieces] == [
        (0, b"x", None), (1, b"a", 1500), (2, b"b", None), (1, b"c", 9), (0, b"k", 70), (1, b"d", 9),
    ]


def test_guest_cannot_forge_a_kernel_line() -> None:
    # The guest wrote RS [0@5]; the console server escapes it and repeats its marker.
    assert texts([b"\x1e[1@1]\x1e\x1e\x1e[1][0@5]sel: kernel panic"]) == {1: b"\x1e[0@5]sel: kernel panic"}


@pytest.mark.parametrize("junk", [b"\x1ex", b"\x1e[abc]", b"\x1e[1@x]", b"\x1e[]"])
def test_what_is_no_marker_is_text(junk: bytes) -> None:
    assert texts([b"a" + junk + b"b"]) == {0: b"a" + junk + b"b"}


def test_endless_marker_becomes_text() -> None:
    junk = b"\x1e[" + b"1" * 100
    assert texts([junk + b"\n"]) == {0: junk + b"\n"}


def test_return_without_switch_is_ignored() -> None:
    assert texts([b"\x1e[2]a\x1e[<]b"]) == {2: b"ab"}


def test_input_is_addressed_once_and_escaped() -> None:
    mux = ConsoleMux()
    assert mux.encode(1, b"ab") == b"\x1e[1]ab"
    assert mux.encode(1, b"c\x1e") == b"c\x1e\x1e"
    assert mux.encode(0, b"d") == b"\x1e[0]d"


def test_filter_removes_terminal_sequences_at_every_split() -> None:
    raw = b"a\x1b[1;31mred\x1b[0m\r\n\x1b]0;title\x07b\x1b(Bc\x1b=d\x1b[6n"
    for at in range(len(raw) + 1):
        text_filter = TextFilter()
        assert text_filter.feed(raw[:at]) + text_filter.feed(raw[at:]) == b"ared\nbcd", at
