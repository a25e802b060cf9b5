# SPDX-License-Identifier: BSD-2-Clause
"""The `sel` command: builds, boots, tests and examines composed systems.

One module a concern. Nothing outside the standard library may be imported at
start-up: the command has to run on a machine where nothing is installed yet.
"""

from pathlib import Path

#: The root of the source tree.
ROOT = Path(__file__).resolve().parents[2]

#: The only Python this project uses, whatever comes first in PATH.
PYTHON = "/usr/bin/python3"
