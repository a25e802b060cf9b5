# SPDX-License-Identifier: BSD-2-Clause
"""Small systems by hand: a spec's text, capabilities added to its plan, a device that is a bus master."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tools"))

from capdl import abi as abi_file, check, plan as planning  # noqa: E402
from capdl.authority.analysis import Analysis  # noqa: E402
from capdl.plan_data import Cap  # noqa: E402

HEAD = "version: 1\nboard: qemu-virt-aarch64\n"
Make = Callable[..., Analysis]


def process(name: str, *keys: str, time: str = "{priority: 50, budget: 1ms, period: 100ms}") -> str:
    """One process of a spec, a line a key."""
    lines = [f"  {name}:", "    source: components/busy", f"    time: {time}", *(f"    {key}" for key in keys)]
    return "\n".join(lines) + "\n"


def spec_of(*processes: str, more: str = "") -> str:
    """A spec of processes and more."""
    return HEAD + "processes:\n" + "".join(processes) + more


def add(holder: str, object: str, *rights: str, name: str = "by_hand", badge: int = 0) -> Cap:
    """A capability added by hand to a plan: no rights are all rights."""
    return Cap(f"{holder}.cnode", 4000, name, object, list(rights), badge)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a maker of analyses; the spec is shown as `s.yaml`. `masters` are devices that count as bus masters."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "guest.bin").write_bytes(b"\x1f\x20\x03\xd5" * 64)

    def make(text: str, *caps: Cap, masters: tuple[str, ...] = ()) -> Analysis:
        Path("s.yaml").write_text(text, encoding="utf-8")
        abi = abi_file.load_default()
        system = check.load_system(Path("s.yaml"), "s.yaml", abi.limits(), reads_images=False)
        devices = {name: replace(device, is_bus_master=name in masters) for name, device in system.platform.devices.items()}
        system.platform = replace(system.platform, devices=devices)
        plan = planning.make(system, abi)[0]
        plan.caps += caps
        return Analysis(system, plan)

    return make
