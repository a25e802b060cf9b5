# SPDX-License-Identifier: BSD-2-Clause
"""Registers over a VM exit: a probe in the VMM's place, and a guest that fills every register."""

from __future__ import annotations

import re

import pytest
from test_guest_budget import SPEC, spec_of

VMM = "    vmm: {source: test/system/exit_registers/probe}\n"


@pytest.mark.parametrize("case", ["an_exit_shows_its_words_and_nothing_else", "a_resumed_guest_finds_its_registers"])
def test_case(case: str, run_once) -> None:
    """The case reported `pass` on the target."""
    output = run_once("exit_registers", spec_of("exit_registers", SPEC % ("", "%s") + VMM), r"TESTS \d+ passed, \d+ failed")
    match = re.search(rf"TEST {case}: (.*)", output)
    assert match is not None, output[-2000:]
    assert match.group(1) == "pass", match.group(1)
