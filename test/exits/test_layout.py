# SPDX-License-Identifier: BSD-2-Clause
"""What is no kernel that can be read is refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from exits.layout import read_layout
from sel.errors import Failed


def test_no_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kernel.elf").write_text("no program")
    with pytest.raises(Failed, match="the kernel cannot be profiled: .*kernel.elf cannot be read as an ELF file"):
        read_layout(tmp_path / "kernel.elf")


def test_kernel_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="the kernel cannot be profiled: .*kernel.elf cannot be read"):
        read_layout(tmp_path / "kernel.elf")
