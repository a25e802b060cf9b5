# SPDX-License-Identifier: BSD-2-Clause
"""Command line of capdl; `python3 -m capdl --help`."""

from __future__ import annotations

import sys

try:
    from capdl.cli import main

    sys.exit(main(sys.argv[1:]))
except ModuleNotFoundError as error:
    lacking = (error.name or "").partition(".")[0]
    if lacking in ("", "capdl", "abigen", "sel"):
        raise  # a fault of the tree, not of the Python
    print(f"capdl: environment: {sys.executable} has no module '{lacking}': use ./sel check, fdt, protocol or expand, which take Debian's Python and install what is missing", file=sys.stderr)
    sys.exit(3)
