# SPDX-License-Identifier: BSD-2-Clause
"""Who may include whom: the dependency rules of the design, and no include cycles.

kernel/ sees only itself and the generated ABI headers; user code sees libsel and itself,
never the kernel. Only kernel/arch/, its drivers and the boot code know the architecture.
"""

from __future__ import annotations

import re

from checks.c_source import without_comments
from checks.tree import Finding, Tree

_INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')

#: Headers of the C library that need no library (C11, 4p6), plus `stdnoreturn`.
_FREESTANDING = {
    f"std{name}.h" for name in ("align", "arg", "bool", "def", "int", "noreturn", "atomic")
} | {"float.h", "iso646.h", "limits.h"}

_USER = ("sel/", "libsel/", "gen/")

#: An include of one of these is ours, by quotes or by angle brackets.
_PROJECT = ("kernel/", "libsel/", "roottask/", "vmm/", "components/", "systems/", "test/", "sel/", "gen/")

#: What a file below a folder may include; the longest matching folder decides.
_ALLOWED = {
    "kernel/": ("kernel/", "gen/"),
    "libsel/": _USER,
    "roottask/": ("roottask/", *_USER),
    "vmm/": ("vmm/", "components/", *_USER),
    "components/": ("components/", *_USER),
    "systems/": ("systems/", "components/", *_USER),
    "test/abi/": ("test/", "kernel/", *_USER),
    "test/unit/": ("test/", "kernel/", "vmm/", "roottask/", "components/", "systems/", *_USER),
    "test/fuzz/": ("test/", "kernel/", "vmm/", "roottask/", *_USER),
    "test/model/": ("test/", "kernel/", *_USER),
    "test/proof/": ("test/", "kernel/", *_USER),
    "test/": ("test/", "vmm/", "roottask/", "components/", *_USER),
}

#: The kernel's folders that may name an architecture.
_OF_AN_ARCHITECTURE = ("kernel/arch/", "kernel/drivers/", "kernel/boot/")

#: Where a spelling is looked up, as the compiler does.
_SEARCH = ("", "libsel/", "libsel/include/")


def _rule_for(name: str) -> tuple[str, ...] | None:
    folders = [folder for folder in _ALLOWED if name.startswith(folder)]
    return _ALLOWED[max(folders, key=len)] if folders else None


def included(tree: Tree, name: str) -> list[tuple[int, str, bool]]:
    """Return (line, spelling, is_ours) of each include of a file."""
    found = []
    for number, line in enumerate(without_comments(tree.text(name)).splitlines(), 1):
        match = _INCLUDE.match(line)
        if match:
            spelling = match.group(1) or match.group(2)
            found.append((number, spelling, match.group(1) is not None or spelling.startswith(_PROJECT)))
    return found


def resolve(tree: Tree, spelling: str) -> str | None:
    """Return the file of the tree that a quoted include means."""
    known = set(tree.files)
    return next((prefix + spelling for prefix in _SEARCH if prefix + spelling in known), None)


def check_dependencies(tree: Tree) -> list[Finding]:
    """Each include is one its folder may make, spelled from the root, of a file that exists."""
    findings = []
    for name in tree.with_suffix(".c", ".h", ".S"):
        allowed = _rule_for(name)
        if allowed is None:
            continue
        for line, spelling, is_ours in included(tree, name):
            message = _objection(tree, name, spelling, is_ours, allowed)
            if message:
                findings.append(Finding(name, line, "include", message))
    return findings


def _objection(tree: Tree, name: str, spelling: str, is_ours: bool, allowed: tuple[str, ...]) -> str | None:
    is_kernel = name.startswith("kernel/")
    is_host_only = name.startswith("kernel/arch/fake/")
    if not is_ours:
        if is_kernel and not is_host_only and spelling not in _FREESTANDING:
            return f"<{spelling}> needs a C library, which the kernel has not"
        return None
    if _is_of_own_tests(tree, name, spelling):
        return None
    if "/" not in spelling or spelling.startswith("."):
        return f'"{spelling}" is not spelled from the root'
    if not spelling.startswith(allowed):
        return f'{name.split("/")[0]}/ may not include "{spelling}"; allowed are {", ".join(allowed)}'
    if re.match(r"kernel/arch/(aarch64|fake)/", spelling) and is_kernel and not name.startswith(_OF_AN_ARCHITECTURE):
        return f'generic code does not know its architecture: include kernel/arch/arch.h, not "{spelling}"'
    if not spelling.startswith("gen/") and resolve(tree, spelling) is None:
        return f'"{spelling}" does not exist'
    return None


def _is_of_own_tests(tree: Tree, name: str, spelling: str) -> bool:
    """Tell whether this is a runtime header of the test guests or systems, found by its bare name."""
    area = "/".join(name.split("/")[:2]) + "/"
    is_bare = "/" not in spelling and area.startswith("test/")
    return is_bare and any(file.startswith(area) and file.endswith("/" + spelling) for file in tree.files)


def check_cycles(tree: Tree) -> list[Finding]:
    """No header includes itself through others."""
    graph = {
        name: [target for _, spelling, is_ours in included(tree, name) if is_ours and (target := resolve(tree, spelling))]
        for name in tree.with_suffix(*(".c", ".h"))
    }
    findings = []
    finished: set[str] = set()
    for start in sorted(graph):
        cycle = _cycle_from(graph, start, finished)
        if cycle:
            findings.append(Finding(cycle[0], 0, "include-cycle", " -> ".join([*cycle, cycle[0]])))
    return findings


def _cycle_from(graph: dict[str, list[str]], start: str, finished: set[str]) -> list[str] | None:
    """Walk depth-first from start; return the first cycle met."""
    path: list[str] = []
    pending: list[tuple[str, bool]] = [(start, False)]
    while pending:
        name, is_leaving = pending.pop()
        if is_leaving:
            path.pop()
            finished.add(name)
            continue
        if name in path:
            finished.update(path)
            return path[path.index(name) :]
        if name in finished:
            continue
        path.append(name)
        pending.append((name, True))
        pending += [(target, False) for target in graph.get(name, []) if target not in finished]
    return None
