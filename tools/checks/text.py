# SPDX-License-Identifier: BSD-2-Clause
"""Rules on text: licence lines, sizes, header guards, open ends, what does not belong here."""

from __future__ import annotations

import ast
import re

from checks.c_source import functions, without_comments
from checks.tree import C_SUFFIXES, CODE_SUFFIXES, Finding, Tree

SPDX = "SPDX-License-Identifier: BSD-2-Clause"
MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 60

#: Spelled in two halves, so that this file does not draw its own finding.
_OPEN_ENDS = re.compile(
    r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|\b(?:not |un)imple" r"mented\b|\bfor n" r"ow\b|\bplace" r"holder (?:for|until|value|code|implem)"
    r"|\bstub(?:bed)? o" r"ut\b|\btempo" r"rary (?:fix|solution|workaround)\b"
)
_TEXT_SUFFIXES = (*CODE_SUFFIXES, ".md", ".yaml", ".cmake", ".txt", ".json", ".j2", ".lds", ".dts", ".sh")
_HOME_PATH = re.compile(r"(?<![\w.])/(?:home|Users)/\w+|/root/(?!\.)\w+")


def check_licence_lines(tree: Tree) -> list[Finding]:
    """Code begins with its licence line (a script after its interpreter)."""
    scripts = [n for n in tree.files if "." not in n.split("/")[-1] and tree.text(n).startswith("#!")]
    findings = []
    for name in (*tree.with_suffix(*CODE_SUFFIXES, ".sh", ".lds"), *scripts):
        head = tree.lines(name)[:2]
        if tree.text(name).strip() and not any(SPDX in line for line in head):
            findings.append(Finding(name, 1, "licence", f"the first line is not `{SPDX}` in a comment"))
    return findings


def check_sizes(tree: Tree) -> list[Finding]:
    """Files and functions stay readable."""
    findings = []
    for name in tree.with_suffix(*CODE_SUFFIXES):
        count = len(tree.lines(name))
        if count > MAX_FILE_LINES:
            findings.append(Finding(name, 0, "file-size", f"{count} lines, at most {MAX_FILE_LINES}: split it by concern"))
    for name in tree.with_suffix(*C_SUFFIXES):
        for function in functions(tree.text(name)):
            count = function.last - function.first - 1
            if count > MAX_FUNCTION_LINES:
                findings.append(_function_too_long(name, function.first, function.name, count))
    return findings + _python_function_sizes(tree)


def _python_function_sizes(tree: Tree) -> list[Finding]:
    findings = []
    for name in tree.with_suffix(".py"):
        try:
            module = ast.parse(tree.text(name))
        except SyntaxError as error:
            findings.append(Finding(name, error.lineno or 0, "python", f"does not parse: {error.msg}"))
            continue
        for node in ast.walk(module):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                count = (node.end_lineno or node.lineno) - node.lineno
                if count > MAX_FUNCTION_LINES:
                    findings.append(_function_too_long(name, node.lineno, node.name, count))
    return findings


def _function_too_long(name: str, line: int, function: str, count: int) -> Finding:
    return Finding(name, line, "function-size", f"{function} has {count} lines, at most {MAX_FUNCTION_LINES}")


def check_headers(tree: Tree) -> list[Finding]:
    """Headers are guarded by `#pragma once`."""
    return [
        Finding(name, 1, "pragma-once", "a header without `#pragma once`")
        for name in tree.with_suffix(".h")
        if not re.search(r"^#pragma once$", tree.text(name), re.MULTILINE)
    ]


def check_conditionals(tree: Tree) -> list[Finding]:
    """No conditional compilation inside a function: a null module or `if (CONFIG_X)` instead."""
    findings = []
    for name in tree.with_suffix(".c", ".h"):
        lines = without_comments(tree.text(name)).splitlines()
        for function in functions(tree.text(name)):
            for number in range(function.first, function.last):
                if re.match(r"\s*#\s*(if|ifdef|ifndef|else|elif)\b", lines[number - 1]):
                    findings.append(Finding(name, number, "conditional", f"#if inside {function.name}"))
    return findings


def check_open_ends(tree: Tree) -> list[Finding]:
    """An open end is an issue's number or it is not left."""
    findings = []
    for name in (*tree.with_suffix(*_TEXT_SUFFIXES), *[n for n in tree.files if n.endswith("CMakeLists.txt")]):
        for number, line in enumerate(tree.lines(name), 1):
            match = _OPEN_ENDS.search(line)
            if match:
                findings.append(Finding(name, number, "open-end", f"'{match.group(0)}': resolve it, or name an issue"))
    return sorted(set(findings))


def check_machine_paths(tree: Tree) -> list[Finding]:
    """No path of somebody's machine."""
    return [
        Finding(name, number, "machine-path", f"'{match.group(0)}' exists on one machine only")
        for name in tree.with_suffix(*_TEXT_SUFFIXES)
        for number, line in enumerate(tree.lines(name), 1)
        if (match := _HOME_PATH.search(line))
    ]


def check_python(tree: Tree) -> list[Finding]:
    """Python modules and their public functions say what they are."""
    findings = []
    for name in tree.with_suffix(".py"):
        try:
            module = ast.parse(tree.text(name))
        except SyntaxError:
            continue
        if module.body and not ast.get_docstring(module):
            findings.append(Finding(name, 1, "docstring", "the module has no docstring"))
        if name.startswith("test/"):
            continue
        for node in module.body:
            is_public = isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
            if is_public and not ast.get_docstring(node):
                findings.append(Finding(name, node.lineno, "docstring", f"{node.name} has no docstring"))
    return findings
