# SPDX-License-Identifier: BSD-2-Clause
"""Shared fixtures: the ABI; and the images of made_images.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tools"))

from made_images import elf_bytes, linux_image, short_efi_image, write_images  # noqa: E402

from capdl import abi as abi_file  # noqa: E402

__all__ = ["elf_bytes", "linux_image", "short_efi_image", "write_images"]


@pytest.fixture(scope="session")
def abi() -> abi_file.Abi:
    """The ABI of this tree."""
    return abi_file.load_default()
