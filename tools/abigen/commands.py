# SPDX-License-Identifier: BSD-2-Clause
"""What the commands do, with the description read."""

import sys
from pathlib import Path

from abigen import kept
from abigen.build_model import read_abi
from abigen.emit_abi import abi_h, err_h
from abigen.emit_caps import caps_h
from abigen.emit_docs import doc_pages
from abigen.emit_faults import faults_h
from abigen.emit_json import abi_json, errors_pairs_json
from abigen.emit_kernel import destroy_h, invocations_c, invocations_h
from abigen.emit_registers import registers_h
from abigen.emit_text import error_text_c, error_text_h
from abigen.emit_user import syscalls_h, user_invocations_c, user_invocations_h
from abigen.load import AbiError
from abigen.lock import differences, flatten, lock_text, parse_lock
from abigen.model import Abi
from abigen.pages import stale_pages, write_pages

PAGES_FOLDER = kept.ROOT / "docs" / "reference" / "abi"


def outputs(abi: Abi) -> dict[str, str]:
    """Path below the output folder -> text, for every generated file."""
    files = {
        "gen/abi.h": abi_h(abi), "gen/err.h": err_h(abi), "gen/caps.h": caps_h(abi),
        "gen/registers.h": registers_h(abi), "gen/faults.h": faults_h(abi),
        "gen/invocations.h": invocations_h(abi), "gen/invocations.c": invocations_c(abi), "gen/destroy.h": destroy_h(abi),
        "gen/sel/syscalls.h": syscalls_h(abi), "gen/sel/invocations.h": user_invocations_h(abi),
        "gen/sel/invocations.c": user_invocations_c(abi),
        "gen/error_text.h": error_text_h(abi), "gen/error_text.c": error_text_c(abi),
        "gen/abi.json": abi_json(abi), "gen/errors_pairs.json": errors_pairs_json(abi),
    }
    return files | {f"gen/docs/{name}": text for name, text in doc_pages(abi).items()}


def check_lock(abi: Abi, lock: Path) -> int:
    """Compare with the lock file; 1 and the differences if they disagree."""
    old = parse_lock(lock.read_text(encoding="utf-8")) if lock.exists() else {}
    found = differences(old, flatten(abi))
    for line in found:
        print(line)
    if found:
        print(f"abigen: {len(found)} differences from {lock}; accept them with: PYTHONPATH=tools python3 -m abigen lock")
        return 1
    print(f"abigen: {lock}: {len(old)} entries, no difference")
    return 0


def check_pages(abi: Abi, folder: Path) -> int:
    """Compare the committed reference pages with the description; 1 and their names if they disagree."""
    stale = stale_pages(abi, folder)
    if stale:
        print(f"abigen: {folder}: {', '.join(stale)} not as the description says; write them with: PYTHONPATH=tools python3 -m abigen pages")
    return 1 if stale else 0


def make(made_from: str) -> dict[str, str]:
    """Generate all files of the committed ABI, and keep them (kept.digest()); AbiError if its description is wrong."""
    files = outputs(read_abi(kept.ABI_FOLDER))
    kept.keep(made_from, files)
    return files


def run(command: str, folder: Path, out: Path | None, pages: Path | None) -> int:
    """Do it with the description in `folder`; returns the exit code (2 = the description is wrong)."""
    try:
        return _generate(folder, out) if out is not None and command == "generate" else _run(command, folder, pages)
    except AbiError as error:
        print(error, file=sys.stderr)
        return 2


def _generate(folder: Path, out: Path) -> int:
    kept.write(make(kept.digest()) if folder == kept.ABI_FOLDER else outputs(read_abi(folder)), out)
    return 0


def _run(command: str, folder: Path, pages: Path | None) -> int:
    lock = folder / "abi.lock"
    pages = pages or (PAGES_FOLDER if folder == kept.ABI_FOLDER else None)
    abi = read_abi(folder)
    if command == "lock":
        lock.write_text(lock_text(abi), encoding="utf-8")
    elif command == "pages":
        assert pages is not None
        write_pages(abi, pages)
    else:
        return max(check_lock(abi, lock), check_pages(abi, pages) if pages is not None else 0)
    return 0
