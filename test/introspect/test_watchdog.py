# SPDX-License-Identifier: BSD-2-Clause
"""What the watchdog takes for progress. Looks are made by hand; a limit of 10 s."""

from __future__ import annotations

from introspect.watch import Seen, Watchdog

CIRCLE = frozenset({frozenset({1, 2})})


def test_silence_without_a_switch_is_no_progress() -> None:
    dog = Watchdog(10, 0)
    assert dog.take(Seen("", event_count=5, has_trace=True), 2, 0) == ""
    assert dog.take(Seen("", event_count=9, has_trace=True), 8, 0) == ""
    assert dog.take(Seen("", event_count=9, has_trace=True), 12, 0) == "no progress for 10 s:"


def test_a_switch_between_threads_is_progress() -> None:
    dog = Watchdog(10, 0)
    dog.take(Seen("", has_trace=True), 2, 0)
    assert dog.take(Seen("", has_trace=True, has_switched=True), 11, 0) == ""
    assert dog.take(Seen("", has_trace=True), 20, 0) == ""
    assert dog.take(Seen("", has_trace=True), 21, 0) == "no progress for 10 s:"


def test_output_is_progress() -> None:
    dog = Watchdog(10, 0)
    dog.take(Seen("", has_trace=True), 1, 0)
    assert dog.take(Seen("", has_trace=True), 12, 11) == ""
    assert dog.take(Seen("", has_trace=True), 21, 11) == "no progress for 10 s:"


def test_without_a_trace_time_that_is_used_is_progress() -> None:
    dog = Watchdog(10, 0)
    dog.take(Seen("", used={7: 100}), 1, 0)
    assert dog.take(Seen("", used={7: 200}), 12, 0) == ""
    assert dog.take(Seen("", used={7: 200}), 22, 0) == "no progress for 10 s:"


def test_a_deadlock_that_stands_is_told_whatever_others_do() -> None:
    dog = Watchdog(10, 0)
    assert dog.take(Seen("", CIRCLE, has_trace=True, has_switched=True), 3, 3) == ""
    assert dog.take(Seen("", CIRCLE, has_trace=True, has_switched=True), 12, 12) == ""
    assert dog.take(Seen("", CIRCLE, has_trace=True, has_switched=True), 13, 13) == "a deadlock has stood for 10 s:"


def test_a_circle_that_was_broken_begins_anew() -> None:
    dog = Watchdog(10, 0)
    dog.take(Seen("", CIRCLE, has_trace=True), 3, 3)
    dog.take(Seen("", has_trace=True, has_switched=True), 8, 8)
    assert dog.take(Seen("", CIRCLE, has_trace=True, has_switched=True), 14, 14) == ""
