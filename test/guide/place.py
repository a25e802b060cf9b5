# SPDX-License-Identifier: BSD-2-Clause
"""Which pages there are, and the folder in which each is walked through.

Beside one another: `selvedge`, a copy of this tree as it is now, and `work`, a project folder with the link `sel` that
docs/guide/first-hour.md makes. The guide's pages begin in `work`, the first one beside the clone, all others in the clone.
The copy takes part in this tree's compiler cache and has nothing else of its build folder.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRST = "docs/guide/first-hour.md"
#: Pages of the guide that take long as a whole: `./sel assure guide_long` walks through them.
LATER = ("docs/guide/benchmark.md", "docs/guide/component.md", "docs/guide/hang.md")
#: Pages for users besides the guide's own. docs/spec/errors.md is tried by test/capdl.
OTHERS = (
    "README.md", "CONTRIBUTING.md", "components/README.md", "docs/architecture.md", "docs/assurance.md", "docs/design/authority.md", "docs/design/bench.md", "docs/design/exits.md",
    "docs/design/report.md", "docs/design/seeing.md", "docs/spec/README.md", "libsel/README.md", "platform/README.md", "systems/README.md",
)


def pages() -> list[str]:
    """Return the paths of all pages that are walked through, the guide's first."""
    return [*sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs/guide").glob("*.md")), *OTHERS]


def make_place(page: str, parent: Path) -> Path:
    """Make clone and project folder below `parent`; return the folder in which the page begins."""
    clone = parent / "selvedge"
    _copy_tree(clone)
    cache = ROOT / "build" / "ccache"
    cache.mkdir(parents=True, exist_ok=True)
    (clone / "build").mkdir()
    (clone / "build" / "ccache").symlink_to(cache)
    if page == FIRST:
        return parent
    if not page.startswith("docs/guide/"):
        return clone
    work = parent / "work"
    work.mkdir()
    (work / "sel").symlink_to("../selvedge/sel")
    return work


def _copy_tree(clone: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_symlink() or (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name, follow_symlinks=False)
