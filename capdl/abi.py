# SPDX-License-Identifier: BSD-2-Clause
"""The ABI's numbers, read from gen/abi.json; no number of the kernel is written down in Python."""

from __future__ import annotations

import functools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capdl.limits import Limits


@dataclass(frozen=True)
class Abi:
    """The parts of abi.json that the tool uses."""

    data: dict[str, Any]

    def object_bits(self, name: str) -> int:
        """Size of an object of fixed size, as a power of two."""
        return self.data["cap_types"][name]["object_bits"]

    def bits_min(self, name: str) -> int:
        """Smallest size of an object of chosen size."""
        return self.data["cap_types"][name]["object_bits"]["min"]

    def object_type(self, name: str) -> int:
        """Number Retype takes."""
        return self.data["object_types"][name]

    def right(self, *names: str) -> int:
        """A mask of rights."""
        mask = 0
        for name in names:
            mask |= self.data["rights"][name]
        return mask

    @property
    def all_rights(self) -> int:
        """Every right."""
        return self.right(*self.data["rights"])

    def limit(self, name: str) -> int:
        """A bound."""
        return self.data["limits"][name]

    def initial_slot(self, name: str) -> int:
        """A slot of the roottask's CNode that the kernel fills."""
        return self.data["initial_slots"][name]

    def constant(self, group: str, name: str) -> int:
        """A number of a group of constants."""
        return self.data["constants"][group][name]

    @property
    def payload_magic(self) -> int:
        """First word of the payload's header."""
        return self.data["payload"]["magic"]

    @property
    def payload_words(self) -> list[str]:
        """Names of the words of the payload's header, in their order."""
        return self.data["payload"]["words"]

    def limits(self) -> Limits:
        """The bounds the spec language needs."""
        return Limits(
            priority_max=self.limit("PRIORITY_MAX"),
            budget_ns_min=self.limit("BUDGET_NS_MIN"),
            period_ns_max=self.limit("PERIOD_NS_MAX"),
            refills_max=self.limit("REFILL_COUNT_MAX"),
            message_words=self.data["message"]["max_words"],
            message_registers=self.data["message"]["register_words"],
            message_caps=self.data["message"]["max_caps"],
        )


def load(path: Path) -> Abi:
    """Read abi.json."""
    return Abi(json.loads(path.read_text(encoding="utf-8")))


@functools.cache
def load_default() -> Abi:
    """The ABI of libsel/abi, for commands that run without a build folder; the generator keeps what it has made."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
    try:
        from abigen import kept

        sources = kept.digest()
        files = kept.load(sources)
        if files is None:
            from abigen import commands

            files = commands.make(sources)
    finally:
        sys.path.pop(0)
    return Abi(json.loads(files["gen/abi.json"]))
