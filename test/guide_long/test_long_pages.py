# SPDX-License-Identifier: BSD-2-Clause
"""The pages of test/guide that have blocks marked `long` (guests that boot, the benchmark), with these; and those that take long as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from blocks import read_blocks
from place import LATER, ROOT, make_place, pages
from walk import Walk

PAGES = [page for page in pages() if page in LATER or any(block.is_long for block in read_blocks((ROOT / page).read_text(encoding="utf-8")))]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_all_it_says(page: str, tmp_path: Path) -> None:
    walk = Walk(page, (ROOT / page).read_text(encoding="utf-8"), make_place(page, tmp_path))
    print(f"{walk.run(with_long=True)} of {len(walk.blocks)} blocks of {page}")
