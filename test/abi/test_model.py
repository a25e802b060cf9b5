# SPDX-License-Identifier: BSD-2-Clause
"""Every operation of the ABI has a function of the reference model, which its own text in the generated reference names; and the model has no other."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from abigen.build_model import read_abi
from abigen.emit_docs import doc_pages
from abigen.model import Abi

ROOT = Path(__file__).resolve().parents[2]
ABI = read_abi(ROOT / "libsel/abi")
MODEL = "test/model"

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
#: The body of an operation, as it may be spelled: a `struct model_call *` is all that it takes (model_method of parts.h).
_OPERATION = re.compile(r"\b(model_\w+)\s*\(([^,;{}]*\bstruct\s+model_call\b[^,;{}]*\*[^,;{}]*)\)[^;{}]*\{")
_NAMED = re.compile(r"`(\w+)` \((test/model/[\w.]+)\)")


@dataclass(frozen=True)
class Operation:
    """A method or a system call, and what the reference says of it."""

    name: str
    kind: str
    described: str
    text: str

    @property
    def function(self) -> str:
        """What implements it in the model."""
        return f"model_{self.name}"

    @property
    def files(self) -> list[str]:
        """Where its own text says that its function is."""
        return [file for function, file in _NAMED.findall(self.text) if function == self.function]


def operations(abi: Abi) -> list[Operation]:
    """Every operation of the ABI."""
    pages = doc_pages(abi)
    found = []
    for name, methods in abi.objects:
        sections = {part.split("\n", 1)[0]: part for part in pages[f"object_{name}.md"].split("\n## ")}
        found += [Operation(method.c_name, "method", "libsel/abi/objects.yaml", sections[method.c_name]) for method in methods]
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in pages["syscalls.md"].split("\n## ")[0].splitlines() if line.startswith("| ")}
    return found + [Operation(call.name, "system call", "libsel/abi/syscalls.yaml", rows[call.name]) for call in abi.syscalls]


def defined(folder: Path) -> set[tuple[str, str]]:
    """Functions of the model that look like operations, each with its file."""
    return {
        (name, f"{MODEL}/{file.name}")
        for file in folder.glob("*.[ch]")
        for name, _ in _OPERATION.findall(_COMMENT.sub(" ", file.read_text(encoding="utf-8")))
    }


def differences(abi: Abi, folder: Path) -> list[str]:
    """Sentences that tell which of the two, ABI or model, is ahead of the other, in what, and what to do."""
    known = {operation.function: operation for operation in operations(abi)}
    found = defined(folder)
    told = [
        f"{file}: the model defines {name}, which the ABI does not have: "
        "remove it or add the method to libsel/abi/objects.yaml (a system call to libsel/abi/syscalls.yaml)"
        for name, file in sorted(found)
        if name not in known
    ]
    for name, operation in known.items():
        there = sorted(file for function, file in found if function == name)
        said = ", ".join(operation.files)
        if not there:
            told.append(f"{operation.described}: the ABI has the {operation.kind} {operation.name}, which the model does not define: "
                        f"add {name} to {said} or remove the {operation.kind}")
        elif there != operation.files:
            told.append(f"{', '.join(there)}: the model defines {name}, which the reference says is in {said}: move it")
    return told


def test_every_operation_names_its_model_function() -> None:
    """In its own text: a method in its section, a system call in its row; one function, one file."""
    wrong = [operation.name for operation in operations(ABI) if len(operation.files) != 1 or len(_NAMED.findall(operation.text)) != 1]
    assert not wrong, f"docs/reference/abi names no function of the model, or another one, for: {', '.join(wrong)}"


def test_model_and_abi_have_the_same_operations() -> None:
    """A model that is behind describes less than can be called, one that is ahead what nobody can call."""
    told = differences(ABI, ROOT / MODEL)
    assert not told, "\n".join(told)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the model to change."""
    folder = tmp_path / "model"
    shutil.copytree(ROOT / MODEL, folder, ignore=shutil.ignore_patterns("corpus"))
    return folder


@pytest.mark.parametrize("head", [
    "uint64_t model_timer_peek(struct model_call *call)\n{",
    "static uint64_t model_timer_peek(struct model_call *call) {",
    "uint64_t\nmodel_timer_peek (\n    const struct  model_call\n    * timer )\n{",
    "unsigned long model_timer_peek(struct model_call const* /* of a Timer */ call) // reads\n{",
    "void model_timer_peek(struct model_call *call __attribute__((unused))) __attribute__((cold))\n{",
], ids=["plain", "static", "spread", "comments", "attributes"])
def test_a_function_that_the_abi_does_not_have_is_told(model: Path, head: str) -> None:
    """However it is spelled."""
    with (model / "timer.c").open("a", encoding="utf-8") as file:
        file.write(f"\n{head}\n    return SEL_ERROR_OK;\n}}\n")
    assert differences(ABI, model) == [
        "test/model/timer.c: the model defines model_timer_peek, which the ABI does not have: "
        "remove it or add the method to libsel/abi/objects.yaml (a system call to libsel/abi/syscalls.yaml)"
    ]


@pytest.mark.parametrize(("file", "name", "sentence"), [
    ("timer.c", "timer_cancel", "libsel/abi/objects.yaml: the ABI has the method timer_cancel, which the model does not define: "
                                "add model_timer_cancel to test/model/timer.c or remove the method"),
    ("syscalls.c", "poll", "libsel/abi/syscalls.yaml: the ABI has the system call poll, which the model does not define: "
                           "add model_poll to test/model/syscalls.c or remove the system call"),
], ids=["method", "system call"])
def test_an_operation_that_the_model_does_not_have_is_told(model: Path, file: str, name: str, sentence: str) -> None:
    """A prototype, a comment and a call are no function."""
    text = (model / file).read_text(encoding="utf-8")
    head = f"uint64_t model_{name}(struct model_call *call)\n{{"
    assert text.count(head) == 1
    left = f"uint64_t model_{name}(struct model_call *call);\n/* {head} */\nuint64_t old_{name}(struct model_call *call)\n{{"
    (model / file).write_text(text.replace(head, left), encoding="utf-8")
    assert differences(ABI, model) == [sentence]


def test_a_function_in_another_file_than_the_reference_says_is_told(model: Path) -> None:
    """Whoever follows the reference finds it."""
    (model / "timer.c").rename(model / "timers.c")
    assert differences(ABI, model)[0] == (
        "test/model/timers.c: the model defines model_timer_bind, which the reference says is in test/model/timer.c: move it")
