# SPDX-License-Identifier: BSD-2-Clause
"""The rules of the tree, tested by sources that must draw a given finding, and good twins that must not."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from checks import clang, commits, includes, kernel_size, main, text
from checks.c_source import code_line_count, functions
from checks.tree import Finding, Tree

C_HEAD = "/* SPDX-License-Identifier: BSD-2-Clause */\n"
H_HEAD = C_HEAD + "#pragma once\n"


def tree(folder: Path, files: dict[str, str]) -> Tree:
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(body)
    return Tree(folder)


def places(findings: list[Finding]) -> list[tuple[str, int]]:
    return [(finding.path, finding.line) for finding in findings]


HEADERS = {
    "kernel/a.h": H_HEAD, "kernel/arch/arch.h": H_HEAD, "kernel/arch/fake/context.h": H_HEAD, "libsel/sel/ipc.h": H_HEAD,
    "test/guest/runtime/guest.h": H_HEAD, "vmm/vmm.h": H_HEAD, "components/console/ring.h": H_HEAD, "roottask/spec.h": H_HEAD,
}

FORBIDDEN = [
    ("kernel/x.c", '"sel/ipc.h"', "kernel/ may not include"),
    ("kernel/x.c", '"vmm/vmm.h"', "kernel/ may not include"),
    ("kernel/x.c", "<stdio.h>", "needs a C library"),
    ("kernel/x.c", '"kernel/arch/fake/context.h"', "does not know its architecture"),
    ("kernel/x.c", '"a.h"', "not spelled from the root"),
    ("kernel/x.c", '"../kernel/a.h"', "not spelled from the root"),
    ("kernel/x.c", '"kernel/none.h"', "does not exist"),
    ("libsel/x.c", '"kernel/a.h"', "libsel/ may not include"),
    ("libsel/x.c", '"vmm/vmm.h"', "libsel/ may not include"),
    ("vmm/x.c", '"kernel/a.h"', "vmm/ may not include"),
    ("vmm/x.c", "<kernel/a.h>", "vmm/ may not include"),
    ("kernel/x.c", "<sel/ipc.h>", "kernel/ may not include"),
    ("vmm/x.c", '"roottask/spec.h"', "vmm/ may not include"),
    ("roottask/x.c", '"kernel/a.h"', "roottask/ may not include"),
    ("roottask/x.c", '"vmm/vmm.h"', "roottask/ may not include"),
    ("components/y/x.c", '"kernel/a.h"', "components/ may not include"),
    ("components/y/x.c", '"vmm/vmm.h"', "components/ may not include"),
    ("systems/s/x.c", '"kernel/a.h"', "systems/ may not include"),
    ("test/system/x.c", '"kernel/a.h"', "test/ may not include"),
    ("test/system/x.c", '"guest.h"', "not spelled from the root"),
]

PERMITTED = [
    ("kernel/x.c", '"kernel/a.h"'), ("kernel/x.c", '"gen/abi.h"'), ("kernel/x.c", "<stdint.h>"),
    ("test/guest/psci/x.c", '"guest.h"'), ("kernel/drivers/x.c", '"kernel/arch/fake/context.h"'), ("kernel/arch/arch_context.h", '"kernel/arch/fake/context.h"'), ("kernel/arch/fake/x.c", "<stdlib.h>"),
    ("libsel/x.c", '"sel/ipc.h"'), ("systems/s/x.c", "<sel/ipc.h>"), ("vmm/x.c", '"sel/ipc.h"'), ("vmm/x.c", '"components/console/ring.h"'),
    ("components/y/x.c", '"components/console/ring.h"'), ("components/y/x.c", "<stdio.h>"), ("test/unit/kernel/x.c", '"kernel/a.h"'),
    ("kernel/x.c", '"kernel/a.h" /* "vmm/vmm.h" */'),
]


@pytest.mark.parametrize(("name", "spelling", "words"), FORBIDDEN)
def test_forbidden_include(tmp_path: Path, name: str, spelling: str, words: str) -> None:
    findings = includes.check_dependencies(tree(tmp_path, {**HEADERS, name: f"{C_HEAD}#include {spelling}\n"}))
    assert places(findings) == [(name, 2)] and words in findings[0].message


@pytest.mark.parametrize(("name", "spelling"), PERMITTED)
def test_permitted_include(tmp_path: Path, name: str, spelling: str) -> None:
    assert includes.check_dependencies(tree(tmp_path, {**HEADERS, name: f"{C_HEAD}#include {spelling}\n"})) == []


def test_include_cycle(tmp_path: Path) -> None:
    made = tree(tmp_path, {
        "kernel/a.h": '#include "kernel/b.h"\n', "kernel/b.h": '#include "kernel/c.h"\n#include "kernel/d.h"\n',
        "kernel/c.h": '#include "kernel/a.h"\n', "kernel/d.h": "", "kernel/e.h": '#include "kernel/d.h"\n#include "kernel/b.h"\n',
    })
    findings = includes.check_cycles(made)
    assert [f.message for f in findings] == ["kernel/a.h -> kernel/b.h -> kernel/c.h -> kernel/a.h"]


def test_diamond_is_no_cycle(tmp_path: Path) -> None:
    made = tree(tmp_path, {
        "kernel/a.h": '#include "kernel/b.h"\n#include "kernel/c.h"\n', "kernel/b.h": '#include "kernel/d.h"\n',
        "kernel/c.h": '#include "kernel/d.h"\n', "kernel/d.h": "",
    })
    assert includes.check_cycles(made) == []


def test_licence_lines(tmp_path: Path) -> None:
    made = tree(tmp_path, {
        "a.c": "int a;\n", "b.c": C_HEAD, "c.py": "#!/usr/bin/python3\n# SPDX-License-Identifier: BSD-2-Clause\n",
        "d": "#!/bin/sh\necho\n", "e": "plain text\n", "f.S": "\n\n" + C_HEAD, "__init__.py": "",
    })
    assert places(text.check_licence_lines(made)) == [("a.c", 1), ("f.S", 1), ("d", 1)]


def function(lines: int, name: str = "work") -> str:
    return f"static int {name}(void)\n{{\n" + "    a();\n" * lines + "}\n"


def test_sizes(tmp_path: Path) -> None:
    made = tree(tmp_path, {
        "long.c": "int a;\n" * 801, "fits.c": "int a;\n" * 800, "f.c": function(60, "fits") + function(61, "too_long"),
        "p.py": "def too_long():\n" + "    a = 1\n" * 61 + "def fits():\n" + "    a = 1\n" * 60, "bad.py": "def f(:\n",
    })
    findings = text.check_sizes(made)
    assert places(findings) == [("long.c", 0), ("f.c", 65), ("bad.py", 1), ("p.py", 1)]
    assert "too_long has 61 lines" in findings[1].message


def test_header_guard(tmp_path: Path) -> None:
    assert places(text.check_headers(tree(tmp_path, {"a.h": C_HEAD, "b.h": H_HEAD, "c.h": "/* #pragma once */\n"}))) == [("a.h", 1), ("c.h", 1)]


def test_conditional_in_a_body(tmp_path: Path) -> None:
    body = "#if A\nint x;\n#endif\nint f(void)\n{\n#ifdef B\n    g();\n#endif\n    // #if C\n}\n"
    assert places(text.check_conditionals(tree(tmp_path, {"a.c": body}))) == [("a.c", 6)]


@pytest.mark.parametrize("words", ["TO" "DO later", "FIX" "ME", "this is a HA" "CK", "not imple" "mented", "good for n" "ow", "a place" "holder for it", "stubbed o" "ut", "a tempo" "rary fix"])
def test_open_end(tmp_path: Path, words: str) -> None:
    assert places(text.check_open_ends(tree(tmp_path, {"a.c": f"int a;\n/* {words} */\n"}))) == [("a.c", 2)]


def test_words_that_are_no_open_ends(tmp_path: Path) -> None:
    assert text.check_open_ends(tree(tmp_path, {"a.md": "a temporary file, the stub of a call, todos, implemented, hackers\n"})) == []


def test_machine_path(tmp_path: Path) -> None:
    made = tree(tmp_path, {"a.md": "see /home" "/someone/x\nand /usr/bin and a/home/page\n/root" "/work\n"})
    assert places(text.check_machine_paths(made)) == [("a.md", 1), ("a.md", 3)]


def test_python_docstrings(tmp_path: Path) -> None:
    made = tree(tmp_path, {"a.py": "def public():\n    pass\ndef _own():\n    pass\n", "b.py": '"""Doc."""\nclass C:\n    """Doc."""\n', "test/test_c.py": '"""Doc."""\ndef test_x():\n    pass\n'})
    assert places(text.check_python(made)) == [("a.py", 1), ("a.py", 1)]


TITLES = {
    "kernel: add the scheduler": None, "vmm, test: answer PSCI": None, "docs/adr: record the choice": None,
    "Kernel: add": "not of the form", "add the scheduler": "not of the form", "kernel:add": "not of the form",
    "kernel: added the scheduler": "imperative", "kernel: add it.": "full stop", "kernel: " + "x" * 65: "73 columns, at most 72",
    "kernel: " + "x" * 64: None,
}


@pytest.mark.parametrize("title", TITLES)
def test_commit_title(title: str) -> None:
    objection = commits.title_objection(title)
    words = TITLES[title]
    assert (objection is None) if words is None else (objection is not None and words in objection)


def test_titles_are_read_from_git(tmp_path: Path) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@y", "GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@y"}
    subprocess.run(["git", "init", "-q", tmp_path], check=True, env=environment)
    for title in ("kernel: add a", "bad title"):
        subprocess.run(["git", "-C", tmp_path, "commit", "-q", "--allow-empty", "-m", title], check=True, env=environment)
    findings = commits.check_titles(Tree(tmp_path))
    assert len(findings) == 1 and "'bad title'" in findings[0].message


def test_comments_and_strings_in_c() -> None:
    source = 'int a; /* one\ntwo */\n\n// three\nchar *b = "/* not // a comment */";\nchar c = \'"\'; /* x */ int d;\n'
    assert code_line_count(source) == 3


def test_functions_are_found() -> None:
    source = "struct a {\n    int b;\n};\nstatic const int t[] = {\n    1,\n};\nint f(int a,\n      int b)\n{\n    if (a) {\n    }\n    return b;\n}\n"
    assert [(f.name, f.first, f.last) for f in functions(source)] == [("f", 9, 13)]


FORMAT = Path(__file__).resolve().parents[2] / ".clang-format"


def test_format(tmp_path: Path) -> None:
    made = tree(tmp_path, {".clang-format": FORMAT.read_text(), "bad.c": "int  a ;\n", "good.c": "int a;\n"})
    assert places(clang.check_format(made)) == [("bad.c", 1)]


def compiled(tmp_path: Path, files: dict[str, str], build: str = "host") -> Tree:
    made = tree(tmp_path, files)
    (tmp_path / "build" / build).mkdir(parents=True, exist_ok=True)
    database = [
        {"directory": str(tmp_path), "file": str(tmp_path / name), "command": f"clang-19 -I{tmp_path} -Wall -Werror -MD -MF x.d -o x.o -c {tmp_path / name}"}
        for name in files if name.endswith(".c")
    ]
    (tmp_path / "build" / build / "compile_commands.json").write_text(json.dumps(database))
    return Tree(made.root)


def test_header_that_needs_another_first(tmp_path: Path) -> None:
    made = compiled(tmp_path, {
        "kernel/a.c": '#include "kernel/good.h"\n', "kernel/good.h": "#pragma once\n#include <stdint.h>\nuint32_t f(void);\n",
        "kernel/bad.h": "#pragma once\nuint32_t g(void);\n",
    })
    assert places(clang.check_headers_alone(made)) == [("kernel/bad.h", 2)]
    assert places(clang.check_headers_alone(made)) == [("kernel/bad.h", 2)]


def test_tidy_and_its_cache(tmp_path: Path) -> None:
    config = "Checks: '-*,misc-no-recursion'\nWarningsAsErrors: '*'\n"
    bad = "int f(int n);\nint f(int n)\n{\n    return n ? f(n - 1) : 0;\n}\n"
    made = compiled(tmp_path, {".clang-tidy": config, "kernel/bad.c": bad, "kernel/good.c": "int h;\n"})
    assert [f.path for f in clang.check_tidy(made)] == ["kernel/bad.c"]
    assert len(list((tmp_path / "build/checks/tidy").iterdir())) == 1
    (tmp_path / "kernel/bad.c").write_text("int f(int n);\nint f(int n)\n{\n    return n;\n}\n")
    assert clang.check_tidy(Tree(tmp_path)) == []


@pytest.mark.parametrize("first, second, count", [("-DA=1", "-DBAD", 0), ("-DBAD", "-DA=1", 1)])
def test_a_source_that_is_compiled_twice_is_looked_at_once(first: str, second: str, count: int, tmp_path: Path) -> None:
    """As its first command compiles it: twenty programs may share a source."""
    bad = "#ifdef BAD\nint f(int n);\nint f(int n)\n{\n    return n ? f(n - 1) : 0;\n}\n#endif\nint g;\n"
    made = compiled(tmp_path, {".clang-tidy": "Checks: '-*,misc-no-recursion'\nWarningsAsErrors: '*'\n", "kernel/a.c": bad})
    path = tmp_path / "build/host/compile_commands.json"
    entry = json.loads(path.read_text())[0]
    path.write_text(json.dumps([{**entry, "command": f"{entry['command']} {flag}"} for flag in (first, second)]))
    assert len(clang.check_tidy(made)) == count


@pytest.mark.parametrize("build", ["linux/debug", "host", "fuzz"])
def test_sources_of_every_build_are_seen(tmp_path: Path, build: str) -> None:
    """Also a header that only that build's sources stand beside."""
    config = "Checks: '-*,misc-no-recursion'\nWarningsAsErrors: '*'\n"
    bad = "int f(int n);\nint f(int n)\n{\n    return n ? f(n - 1) : 0;\n}\n"
    made = compiled(tmp_path, {".clang-tidy": config, "test/fuzz/a.c": bad, "test/fuzz/a.h": "#pragma once\nuint32_t g(void);\n"}, build)
    assert [f.path for f in clang.check_tidy(made)] == ["test/fuzz/a.c"]
    assert places(clang.check_headers_alone(made)) == [("test/fuzz/a.h", 2)]


def test_kernel_lines_leave_the_fake_out(tmp_path: Path) -> None:
    tree(tmp_path, {"kernel/a.c": "/* x */\nint a;\n\n", "kernel/arch/aarch64/b.S": "nop\n", "kernel/arch/fake/c.c": "int c;\n", "kernel/README.md": "x\n"})
    assert kernel_size.hand_written_lines(tmp_path / "kernel") == 2


def test_image_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("int data[100] = {1}; int zero[1000]; const int ro[50] = {2};\n")
    subprocess.run(["clang-19", "--target=aarch64-none-elf", "-c", "-O1", "-fno-common", "-o", tmp_path / "a.o", tmp_path / "a.c"], check=True)
    assert kernel_size.image_bytes(tmp_path / "a.o") == 600


@pytest.mark.parametrize(("lines", "code"), [(7000, 0), (7001, 1)])
def test_kernel_ceiling(tmp_path: Path, lines: int, code: int) -> None:
    tree(tmp_path, {"kernel/a.c": "int a;\n" * lines})
    done = subprocess.run([kernel_size.__file__, "--kernel", tmp_path / "kernel", "--enforce"], capture_output=True, text=True, check=False)
    assert done.returncode == code and done.stdout.startswith(
        f"kernel size: {lines} hand-written lines ({'above the ceiling' if code else 'ceiling'} 7000)"
    )


@pytest.mark.parametrize(("release", "said", "code"), [([], "65537 text+rodata+data bytes\n", 0), (["--release"], "65537 text+rodata+data bytes (above the ceiling 65536)\n", 1)])
def test_bytes_have_a_ceiling_as_released(tmp_path: Path, release: list[str], said: str, code: int) -> None:
    tree(tmp_path, {"kernel/a.c": "char data[65537] = {1};\n"})
    subprocess.run(["clang-19", "--target=aarch64-none-elf", "-c", "-o", tmp_path / "a.o", tmp_path / "kernel/a.c"], check=True)
    command = [kernel_size.__file__, "--kernel", tmp_path / "kernel", "--elf", tmp_path / "a.o", "--enforce", *release]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code and said in done.stdout
    assert ("sel: the kernel is too large: 1 text+rodata+data bytes too many; take something out" in done.stdout) == bool(code)


@pytest.mark.parametrize("code", [0, 1])
def test_abi_lock_asks_the_generator(tmp_path: Path, code: int) -> None:
    body = f"import sys\nprint('changed  syscalls.CALL: 1 -> 2')\nsys.exit({code} if sys.argv[1:] == ['check'] else 9)\n"
    findings = main.check_abi_lock(tree(tmp_path, {"tools/abigen/__init__.py": "", "tools/abigen/__main__.py": body}))
    assert [f.message for f in findings] == ["changed  syscalls.CALL: 1 -> 2"] * code


def test_command_reports_and_writes_junit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(tmp_path / "t", {"kernel/a.h": C_HEAD})
    assert main.main(["licence-lines", "header-guards", "--root", str(tmp_path / "t"), "--junit", str(tmp_path / "r.xml")]) == 1
    assert capsys.readouterr().out.endswith("1 passed, 1 failed\n")
    assert (tmp_path / "r.xml").read_text().count("<failure") == 1
    assert main.main(["no-such-rule"]) == 2


def test_every_rule_is_tried_here() -> None:
    """A rule nobody breaks on purpose may be one that cannot fail."""
    source = Path(__file__).read_text()
    tried = [rule.__name__ for rule in main.RULES.values() if f".{rule.__name__}(" in source]
    assert set(tried) == {rule.__name__ for rule in main.RULES.values()}
