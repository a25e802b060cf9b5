# SPDX-License-Identifier: BSD-2-Clause
"""The form of commit titles: `area: imperative summary`, at most 72 columns."""

from __future__ import annotations

import re
import subprocess

from checks.tree import Finding, Tree

MAX_COLUMNS = 72
LOOKED_AT = 500

#: Too long, and committed before the hook was installed; the list only ever gets shorter.
_KNOWN = {
    "kernel: tell the object under operation in a panic; five registers a line",
    "kernel: share what read and write of registers check; one header of objects",
}

_FORM = re.compile(r"^[a-z0-9][\w./+-]*(?:, ?[\w./+-]+)*: \S")
_PAST = re.compile(r": (?:added|adds|adding|fixed|fixes|fixing|changed|changes|removed|removes|updated|updates)\b", re.IGNORECASE)


def title_objection(title: str) -> str | None:
    """Return what is wrong with a commit's title."""
    if len(title) > MAX_COLUMNS:
        return f"{len(title)} columns, at most {MAX_COLUMNS}"
    if not _FORM.match(title):
        return "not of the form `area: imperative summary`"
    if _PAST.search(title):
        return "the summary is not in the imperative"
    if title.endswith("."):
        return "ends with a full stop"
    return None


def check_titles(tree: Tree) -> list[Finding]:
    """Look at the titles of the latest commits."""
    if not (tree.root / ".git").exists():
        return []
    command = ["git", "log", "--no-merges", f"--max-count={LOOKED_AT}", "--format=%h %s"]
    log = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=False)
    findings = []
    for line in log.stdout.splitlines():
        commit, _, title = line.partition(" ")
        objection = title_objection(title)
        if objection and title not in _KNOWN:
            findings.append(Finding(f"commit {commit}", 0, "commit-title", f"'{title}': {objection}"))
    return findings
