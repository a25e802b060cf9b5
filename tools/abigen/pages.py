# SPDX-License-Identifier: BSD-2-Clause
"""The committed copy of the reference pages: for readers without a build. A page that is not as the description says is told."""

from pathlib import Path

from abigen.emit_docs import doc_pages
from abigen.model import Abi


def write_pages(abi: Abi, folder: Path) -> None:
    """Write every page, remove those that there are no more."""
    pages = doc_pages(abi)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def stale_pages(abi: Abi, folder: Path) -> list[str]:
    """Names of pages that differ, are missing, or are no pages."""
    pages = doc_pages(abi)
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in pages.keys() | found.keys() if pages.get(name) != found.get(name))
