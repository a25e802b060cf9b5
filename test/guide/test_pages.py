# SPDX-License-Identifier: BSD-2-Clause
"""Every code block of the guide and of the other pages for users does what the page says, in the order of the page.

Blocks of minutes, and the pages LATER, are done by `./sel assure guide_long` only.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from blocks import read_blocks
from place import LATER, ROOT, make_place, pages
from walk import Walk

#: Blocks that are marked `not run`, over all pages. It may only fall.
NOT_RUN_MAX = 8
GUIDE = ROOT / "docs/guide"


@pytest.mark.parametrize("page", [page for page in pages() if page not in LATER])
def test_a_page_does_what_it_says(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    is_done = any(block.is_run and not block.is_form for block in read_blocks(text))
    walk = Walk(page, text, make_place(page, tmp_path) if is_done else tmp_path)
    print(f"{walk.run(with_long=False)} of {len(walk.blocks)} blocks of {page}")


def test_few_blocks_are_not_run() -> None:
    left_out = [f"{page}:{block.line}: {block.reason}" for page in pages() for block in read_blocks((ROOT / page).read_text()) if not block.is_run]
    assert len(left_out) <= NOT_RUN_MAX, "\n".join(left_out)


def test_the_index_leads_to_every_page_of_the_guide() -> None:
    linked = set(re.findall(r"\]\(([\w-]+\.md)", (GUIDE / "README.md").read_text()))
    assert linked == {path.name for path in GUIDE.glob("*.md")} - {"README.md"}


def _anchor(heading: str) -> str:
    """As GitHub makes one of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page: str) -> None:
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = (ROOT / page).parent / path if path else ROOT / page
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE) if target.suffix == ".md" and target.is_file() else []
        if not target.exists() or (anchor and anchor not in map(_anchor, headings)):
            lost.append(link)
    assert lost == []
