# SPDX-License-Identifier: BSD-2-Clause
"""What the kernel's own files tell before it runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from conftest import KNOT, ROOT, build
from introspect.built import Built, Files, from_json
from introspect.dwarf import read_layout
from introspect.events import has_trace, ring_of
from sel.errors import Failed


@pytest.fixture(scope="module")
def folder() -> Path:
    return build(KNOT, "debug")


@pytest.fixture(scope="module")
def built(folder: Path) -> Built:
    return Files(folder, ROOT).built


def test_the_layout_is_the_kernels(built: Built) -> None:
    """Numbers that the sources fix: kernel/object/slot.h and tcb.h, kernel/debug/trace.c, kernel/smp/percpu.h."""
    layout = built.layout
    assert layout.structures["slot"]["size"] == built.abi["limits"]["SLOT_BYTES"]
    assert layout.offset("tcb", "registers") == 0 and layout.structures["tcb"]["fields"]["slot"][1] == ["array", 5, ["struct", "slot"]]
    assert ring_of(layout)[1:] == (16384, 32)
    assert [layout.word("thread_state", layout.number("thread_state", f"THREAD_{name}")) for name in ("READY", "WFI")] == ["ready", "wfi"]
    assert layout.structures["percpu"]["fields"]["ready"][1][:2] == ["array", 256]
    assert layout.code[0] < layout.code[1] <= layout.address("percpu_area")


def test_it_goes_through_json_whole(built: Built) -> None:
    again = from_json(built.as_json())
    assert (again.hz, again.layout.structures, again.layout.variables) == (built.hz, built.layout.structures, built.layout.variables)
    assert again.cap_field((3 << 16 | 4, 9), "object") == 3 and again.type_names[4] == "ENDPOINT"


def test_the_clock_is_the_boards(built: Built) -> None:
    """The banner of the kernel says 62500000 Hz on QEMU's virt."""
    assert built.hz == 62_500_000


def test_a_release_kernel_has_no_trace() -> None:
    assert not has_trace(Files(build(KNOT, "release"), ROOT).built.layout)


def test_a_kernel_without_debug_information_is_refused_in_words(folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "kernel.elf"
    subprocess.run(["llvm-objcopy-19", "--strip-debug", str(folder / "kernel.elf"), str(bare)], check=True)
    with pytest.raises(Failed, match="^the kernel says nothing of tcb, endpoint, .*; set DEBUG_INFO to on in settings.cmake and build again$"):
        read_layout(bare.read_bytes())


def test_a_file_that_is_no_kernel_is_refused_in_words() -> None:
    with pytest.raises(Failed, match="^the kernel cannot be read: "):
        read_layout(b"no ELF file")


@pytest.mark.parametrize(("kind", "expected"), [("FRAME", ("READ", "EXECUTE")), ("CNODE", ("READ", "INSPECT")), ("REPLY", ("READ",))])
def test_rights_that_share_a_bit_have_the_name_that_means_something(built: Built, kind: str, expected: tuple[str, ...]) -> None:
    assert built.rights(0b1001, kind) == expected
