# SPDX-License-Identifier: BSD-2-Clause
"""Runs the rules and reports: findings on the screen, JUnit for CI, one exit code.

Exit codes as everywhere: 0 clean, 1 findings, 2 an unknown rule, 3 a tool is missing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Callable

from checks import clang, commits, includes, text
from checks.tree import Finding, Tree

ROOT = Path(__file__).resolve().parents[2]

Rule = Callable[[Tree], list[Finding]]


def check_abi_lock(tree: Tree) -> list[Finding]:
    """The committed lock file says what the ABI's source says."""
    if not (tree.root / "tools/abigen/__main__.py").exists():
        return []
    command = ["/usr/bin/python3", "-m", "abigen", "check"]
    done = subprocess.run(
        command, cwd=tree.root, env={"PYTHONPATH": "tools", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return []
    said = (done.stdout + done.stderr).strip().splitlines() or ["abigen check failed without a word"]
    return [Finding("libsel/abi", 0, "abi-lock", line) for line in said[-5:]]


#: The rules that read text only; the git hook runs these.
QUICK: dict[str, Rule] = {
    "dependencies": includes.check_dependencies,
    "include-cycles": includes.check_cycles,
    "licence-lines": text.check_licence_lines,
    "sizes": text.check_sizes,
    "header-guards": text.check_headers,
    "conditionals": text.check_conditionals,
    "open-ends": text.check_open_ends,
    "machine-paths": text.check_machine_paths,
    "python": text.check_python,
    "abi-lock": check_abi_lock,
    "commit-titles": commits.check_titles,
    "format": clang.check_format,
}

#: The rules that compile; they need a build for the flags.
THOROUGH: dict[str, Rule] = {
    "headers-alone": clang.check_headers_alone,
    "clang-tidy": clang.check_tidy,
}

RULES = {**QUICK, **THOROUGH}


def _ensure_builds() -> str | None:
    """Make the builds whose flags the thorough rules use; return a sentence if that fails."""
    host = "from sel import testing; testing.build_host()"
    fuzz = "import programs; programs.prepare()"
    builds = [[str(ROOT / "sel"), "build", "linux", "--yes"], ["/usr/bin/python3", "-c", host], ["/usr/bin/python3", "-c", fuzz]]
    for command in builds:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'tools'}:{ROOT / 'test/fuzz'}"}
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
        if done.returncode != 0:
            return f"{' '.join(command)} failed: " + "\n".join((done.stdout + done.stderr).splitlines()[-12:])
    return None


def _missing_tools(names: list[str]) -> list[str]:
    tools = {"format": clang.FORMAT, "clang-tidy": clang.TIDY}
    return [tool for name, tool in tools.items() if name in names and shutil.which(tool) is None]


def run_rules(tree: Tree, names: list[str]) -> dict[str, list[Finding]]:
    """Run the named rules; print their findings."""
    results = {}
    for name in names:
        results[name] = RULES[name](tree)
        print(f"{'red ' if results[name] else 'ok  '} {name}", flush=True)
        for finding in results[name]:
            print(f"  {finding}", flush=True)
    return results


def write_junit(results: dict[str, list[Finding]], path: Path) -> None:
    """Write one test case a rule."""
    suite = ElementTree.Element("testsuite", name="checks", tests=str(len(results)))
    for name, findings in results.items():
        case = ElementTree.SubElement(suite, "testcase", classname="checks", name=name)
        if findings:
            failure = ElementTree.SubElement(case, "failure", message=f"{len(findings)} findings")
            failure.text = "\n".join(map(str, findings))
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def main(arguments: list[str]) -> int:
    """Check the tree."""
    parser = argparse.ArgumentParser(prog="tools/checks/run", description="Check the rules of the tree.", allow_abbrev=False)
    parser.add_argument("rules", nargs="*", metavar="RULE", help=f"of {', '.join(RULES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="only the rules that need no build")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report")
    parser.add_argument("--root", type=Path, default=ROOT, help="check another tree (quick rules)")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.rules if name not in RULES]
    if unknown:
        print(f"checks: there is no rule {unknown[0]}; there are: {', '.join(RULES)}")
        return 2
    names = options.rules or list(QUICK if options.quick else RULES)
    missing = _missing_tools(names)
    if missing:
        print(f"checks: missing; as root run: apt-get install {' '.join(missing)}")
        return 3
    trouble = _ensure_builds() if any(name in THOROUGH for name in names) and options.root == ROOT else None
    results = run_rules(Tree(options.root.resolve()), names)
    if trouble:
        print(trouble)
        results["build"] = [Finding("build", 0, "build", trouble)]
    if options.junit:
        write_junit(results, options.junit)
    red = [name for name, findings in results.items() if findings]
    print(f"{len(results) - len(red)} passed, {len(red)} failed")
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
