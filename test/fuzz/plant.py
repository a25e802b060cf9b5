# SPDX-License-Identifier: BSD-2-Clause
"""Write the sources of all planted-bug twins: each a copy of one file with one place changed, as twins.json says."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TWINS = Path(__file__).with_name("twins.json")


def planted(twin: dict[str, str]) -> str:
    """The changed source; exits with a sentence if the place is not there exactly once."""
    text = (ROOT / twin["source"]).read_text(encoding="utf-8")
    count = text.count(twin["old"])
    if count != 1:
        sys.exit(f"fuzz: twin '{twin['name']}': {twin['source']} has the text `{twin['old']}` {count} times, not once; give the twin a new place in {TWINS.name}")
    return text.replace(twin["old"], twin["new"])


def main() -> int:
    """Write OUT/NAME.c of every twin, and leave unchanged ones alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for twin in json.loads(TWINS.read_text(encoding="utf-8")):
        path = options.out / f"{twin['name']}.c"
        text = planted(twin)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
