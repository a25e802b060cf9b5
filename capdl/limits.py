# SPDX-License-Identifier: BSD-2-Clause
"""What the ABI bounds in the language of specs: a file of its own for the build's steps that read no spec."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """Bounds of the language that come from the ABI."""

    priority_max: int
    budget_ns_min: int
    period_ns_max: int
    refills_max: int
    message_words: int
    message_registers: int
    message_caps: int
    smc_function_max: int = field(default=0xFFFFFFFF)
