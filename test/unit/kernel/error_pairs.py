# SPDX-License-Identifier: BSD-2-Clause
"""Compare the (invocation, error) pairs that the unit tests saw with those the ABI promises: neither side may have one the other lacks."""

import argparse
import json
import sys
from pathlib import Path


def promised(gen: Path) -> set[tuple[str, str]]:
    """The pairs of errors_pairs.json."""
    document = json.loads((gen / "errors_pairs.json").read_text(encoding="utf-8"))
    return {(pair["invocation"], pair["error"]) for pair in document["pairs"]}


def names(gen: Path) -> tuple[dict[tuple[int, int], str], dict[int, str], dict[int, str]]:
    """Invocations by (type, label), label 0 naming the object itself; system calls and errors by number."""
    abi = json.loads((gen / "abi.json").read_text(encoding="utf-8"))
    invocations = {}
    for object_name, methods in abi["objects"].items():
        for method, details in methods.items():
            cap_type, label = details["id"] >> 8, details["id"] & 0xFF
            invocations[cap_type, label] = f"{object_name}_{method}"
            invocations[cap_type, 0] = object_name
    calls = {number_of(details): f"syscall_{name}" for name, details in abi["syscalls"].items()}
    errors = {number_of(details): name for name, details in abi["errors"].items()}
    return invocations, calls, errors


def number_of(details: object) -> int:
    """A number that stands alone or in a record."""
    return details if isinstance(details, int) else details["number"]


def seen(folder: Path, gen: Path) -> set[tuple[str, str]]:
    """The union of what the programs wrote."""
    invocations, calls, errors = names(gen)
    pairs = set()
    for path in sorted(folder.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            kind, *numbers = line.split()
            values = [int(number) for number in numbers]
            name = calls[values[0]] if kind == "syscall" else invocations[values[0], values[1]]
            pairs.add((name, errors[values[-1]]))
    return pairs


def report(title: str, pairs: set[tuple[str, str]]) -> None:
    """One line a pair."""
    if pairs:
        print(f"{title}: {len(pairs)}")
        for invocation, error in sorted(pairs):
            print(f"  {invocation} {error}")


def start(folder: Path) -> int:
    """Make the folder and remove the records of an earlier run."""
    folder.mkdir(parents=True, exist_ok=True)
    stale = list(folder.glob("*.txt"))
    for path in stale:
        path.unlink()
    print(f"{folder}: {len(stale)} records of an earlier run removed")
    return 0


def main() -> int:
    """0 if both sets are equal and not empty."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, metavar="FOLDER", help="before the tests: make FOLDER empty of records")
    parser.add_argument("--abi", type=Path, help="folder of errors_pairs.json and abi.json")
    parser.add_argument("--seen", type=Path, help="folder of the tests' records")
    options = parser.parse_args()
    if options.start is not None:
        return start(options.start)
    if options.abi is None or options.seen is None:
        parser.error("give --start, or both --abi and --seen")
    expected, found = promised(options.abi), seen(options.seen, options.abi)
    report("promised by the ABI, seen by no test", expected - found)
    report("seen, not promised by the ABI", found - expected)
    print(f"{len(expected & found)} of {len(expected)} pairs")
    return 0 if expected and expected == found else 1


if __name__ == "__main__":
    sys.exit(main())
