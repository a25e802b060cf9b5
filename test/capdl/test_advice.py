# SPDX-License-Identifier: BSD-2-Clause
"""Remedies are followed to the letter: what a message advises is accepted."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import linux_image

from capdl import build, check
from capdl import plan as planning
from capdl.abi import Abi
from capdl.diagnostics import SpecError

WHOLE = """\
version: 1
board: qemu-virt-aarch64
processes:
  a:
    source: components/busy
    time: {priority: 1, budget: 1ms, period: 1s}
"""


def messages(text: str, folder: Path, abi: Abi) -> list[str]:
    """What a spec of this text draws."""
    spec = folder / "system.yaml"
    spec.write_text(text, encoding="utf-8")
    try:
        check.load_system(spec, spec.name, abi.limits())
    except SpecError as error:
        return list(map(str, error.diagnostics))
    return []


@pytest.mark.parametrize(("line", "indent"), [("version: 1", 0), ("    time: {priority: 1, budget: 1ms, period: 1s}", 4)])
def test_missing_key_is_added_as_advised(line: str, indent: int, tmp_path: Path, abi: Abi) -> None:
    [text] = messages(WHOLE.replace(f"{line}\n", ""), tmp_path, abi)
    advice = re.search(r"add for example `(.+)`$", text)
    assert advice, text
    assert messages(WHOLE.replace(line, " " * indent + advice[1]), tmp_path, abi) == []


def noted(spec: Path, abi: Abi) -> list[str]:
    """The notes on a spec."""
    system = check.load_system(spec, spec.name, abi.limits())
    return build.notes(system, planning.make(system, abi)[0])


@pytest.mark.parametrize(("budgets", "told"), [
    ((9, 9), "180.0% of it (a 90.0%, b 90.0%)"), ((9, 2), "110.0% of it (a 90.0%, b 20.0%)"), ((9, 1), ""), ((10, 9), ""), ((10, 10), ""),
])
def test_more_time_than_a_core_has_is_noted(budgets: tuple[int, int], told: str, tmp_path: Path, abi: Abi) -> None:
    """Who has its whole period as budget takes what is left, and counts for nothing."""
    spec = tmp_path / "noted.yaml"
    rows = "".join(f"  {name}: {{source: components/busy, time: {{priority: 1, budget: {budget}ms, period: 10ms}}}}\n" for name, budget in zip("ab", budgets))
    spec.write_text(f"version: 1\nboard: qemu-virt-aarch64\nprocesses:\n{rows}", encoding="utf-8")
    notes = noted(spec, abi)
    assert len(notes) == bool(told) and all(note.startswith(f"core 0: processes and guests are given {told}: ") for note in notes)


def guest(image: str, memory: str) -> str:
    """A spec with one guest."""
    head = "version: 1\nboard: qemu-virt-aarch64\nguests:\n  g:\n    time: {priority: 1, budget: 1ms, period: 1s}\n"
    return head + f"    memory: {memory}\n    image: {image}\n"


@pytest.mark.parametrize(("kind", "memory"), [("raw: image", "64M"), ("kernel: image", "16M"), ("kernel: image, initrd: initrd", "64M"), ("kernel: image, initrd: initrd", "16M")])
def test_memory_is_raised_as_advised(kind: str, memory: str, tmp_path: Path, abi: Abi) -> None:
    """Also where initrd and device tree move up with the memory's size; `sel run` takes steps of 2 MiB."""
    content = linux_image(image_size=33 << 20) if "kernel" in kind else bytes(100 << 20)
    (tmp_path / "image").write_bytes(content)
    (tmp_path / "initrd").write_bytes(bytes(40 << 20))
    [text] = messages(guest(f"{{{kind}}}", memory), tmp_path, abi)
    advice = re.search(r"SEL-S057: .*; raise memory to at least (\d+)M(?: \((\d+)M hold only image, initrd and device tree, .*\))?$", text)
    assert advice and int(advice[1]) % 2 == 0, text
    assert (advice[2] is not None) == ("kernel" in kind), "only of Linux it is known that it needs more than its pieces"
    assert messages(guest(f"{{{kind}}}", f"{advice[1]}M"), tmp_path, abi) == []
    held = int(advice[2] or advice[1])
    assert messages(guest(f"{{{kind}}}", f"{held}M"), tmp_path, abi) == []
    assert messages(guest(f"{{{kind}}}", f"{held - 2}M"), tmp_path, abi) != []


@pytest.mark.parametrize(("kind", "memory", "is_short"), [
    ("kernel: image", "38M", True), ("kernel: image", "56M", True), ("kernel: image", "60M", False),
    ("kernel: image, initrd: initrd", "96M", True), ("kernel: image, initrd: initrd", "102M", False), ("raw: image", "38M", False),
])
def test_a_linux_guest_with_hardly_any_memory_is_noted(kind: str, memory: str, is_short: bool, tmp_path: Path, abi: Abi) -> None:
    """33M of kernel from 2M on, 40M of initrd: 24M more are Linux's own. It is no fault: the spec is accepted."""
    (tmp_path / "image").write_bytes(linux_image(image_size=33 << 20) if "kernel" in kind else bytes(4096))
    (tmp_path / "initrd").write_bytes(bytes(40 << 20))
    spec = tmp_path / "noted.yaml"
    spec.write_text(guest(f"{{{kind}}}", memory), encoding="utf-8")
    notes = noted(spec, abi)
    assert bool(notes) == is_short
    for note in notes:
        raised = re.search(r"guest 'g' has (\d+M) of memory; .*: give it (\d+M)$", note)
        assert raised and raised[1] == memory, note
        spec.write_text(guest(f"{{{kind}}}", raised[2]), encoding="utf-8")
        assert noted(spec, abi) == []


def test_program_is_linked_as_advised(tmp_path: Path, abi: Abi) -> None:
    """An ELF file whose headers lie at the linker's own image base is linked again as the message says."""
    linker, compiler = shutil.which("ld.lld-19"), shutil.which("clang-19")
    assert linker and compiler, "clang-19 and lld-19 are the project's tools"
    (tmp_path / "h.c").write_text("void _start(void) { for (;;) { } }\n", encoding="utf-8")
    subprocess.run([compiler, "--target=aarch64-none-elf", "-c", "-ffreestanding", "h.c"], cwd=tmp_path, check=True)
    subprocess.run([linker, "-Ttext=0x40080000", "h.o", "-o", "h.elf"], cwd=tmp_path, check=True)
    [text] = messages(guest("{elf: h.elf}", "64M"), tmp_path, abi)
    advice = re.search(r"SEL-S064: .*h\.elf has segment \d+ at 0x200000\.\.0x[0-9a-f]+, .*`ld\.lld (--image-base=0x[0-9a-f]+)`", text)
    assert advice, text
    subprocess.run([linker, advice[1], "h.o", "-o", "h.elf"], cwd=tmp_path, check=True)
    assert messages(guest("{elf: h.elf}", "64M"), tmp_path, abi) == []
