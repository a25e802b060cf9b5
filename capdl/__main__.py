# SPDX-License-Identifier: BSD-2-Clause
"""Command line of capdl; `python3 -m capdl --help`."""

from __future__ import annotations

import sys

from capdl.cli import main

sys.exit(main(sys.argv[1:]))
