# SPDX-License-Identifier: BSD-2-Clause
"""capdl: from a system's spec file to the image that boots it (see README.md)."""

from pathlib import Path

#: Where components, platforms and protocols of the project are, to which paths in specs are relative.
PROJECT = Path(__file__).resolve().parent.parent
