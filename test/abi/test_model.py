# SPDX-License-Identifier: BSD-2-Clause
"""Every operation of the ABI has a function of the reference model, where the generated reference says it is."""

import re
from pathlib import Path

from abigen.build_model import read_abi
from abigen.emit_docs import doc_pages

ROOT = Path(__file__).resolve().parents[2]
ABI = read_abi(ROOT / "libsel/abi")


def _defines(file: Path, function: str) -> bool:
    """Tell whether a C file has the function's body."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return re.search(rf"^(static )?uint64_t {function}\(struct model_call \*call\)\n\{{", text, re.MULTILINE) is not None


def test_every_method_has_its_model_function() -> None:
    """In the file that its reference page names."""
    pages = doc_pages(ABI)
    missing = []
    for name, methods in ABI.objects:
        named = dict(re.findall(r"^Model: `(\w+)` \(([\w/.]+)\)\.$", pages[f"object_{name}.md"], re.MULTILINE))
        for method in methods:
            file = named.get(f"model_{method.c_name}")
            if file is None or not _defines(ROOT / file, f"model_{method.c_name}"):
                missing.append(method.c_name)
    assert not missing, f"no function in the model, or not in the file that the reference names: {', '.join(missing)}"


def test_every_system_call_has_its_model_function() -> None:
    """In the file that its row of the reference names."""
    page = doc_pages(ABI)["syscalls.md"]
    named = dict(re.findall(r"^\| (\w+) \|.*\| `model_\1` \(([\w/.]+)\) \|$", page, re.MULTILINE))
    missing = [call.name for call in ABI.syscalls if call.name not in named or not _defines(ROOT / named[call.name], f"model_{call.name}")]
    assert not missing, f"no function in the model, or not in the file that the reference names: {', '.join(missing)}"


def test_the_model_knows_no_operation_that_the_abi_has_not() -> None:
    """A model that is ahead of the ABI describes something that nobody can call."""
    known = {f"model_{method.c_name}" for method in ABI.methods} | {f"model_{call.name}" for call in ABI.syscalls}
    pattern = re.compile(r"^(?:static )?uint64_t (model_\w+)\(struct model_call \*call\)\n\{", re.MULTILINE)
    found = {name for file in (ROOT / "test/model").glob("*.c") for name in pattern.findall(file.read_text(encoding="utf-8"))}
    assert found == known
