# SPDX-License-Identifier: BSD-2-Clause
"""Command line: `python3 -m abigen generate --out DIR`, `check`, `lock`, `pages`."""

import argparse
import sys
from pathlib import Path

from abigen import kept


def main(arguments: list[str]) -> int:
    """Entry point; returns the exit code (2 = the description is wrong)."""
    parser = argparse.ArgumentParser(prog="abigen", description=__doc__)
    parser.add_argument("command", choices=["generate", "check", "lock", "pages"])
    parser.add_argument("--out", type=Path, help="folder that gets gen/ (generate)")
    parser.add_argument("--abi", type=Path, default=kept.ABI_FOLDER, help="folder of the YAML files")
    parser.add_argument("--pages", type=Path, help="folder of the reference pages to check or write (default: the committed ones, of the committed ABI)")
    options = parser.parse_args(arguments)
    if options.command == "generate" and options.out is None:
        parser.error("generate needs --out DIR")
    if options.command == "pages" and options.pages is None and options.abi != kept.ABI_FOLDER:
        parser.error("pages of another ABI need --pages DIR")
    try:
        if options.command == "generate" and options.abi == kept.ABI_FOLDER and (files := kept.load(kept.digest())) is not None:
            kept.write(files, options.out)
            return 0
        from abigen import commands  # with all that reads the description

        return commands.run(options.command, options.abi, options.out, options.pages)
    except OSError as error:
        print(f"abigen: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
