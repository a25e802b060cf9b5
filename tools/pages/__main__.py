# SPDX-License-Identifier: BSD-2-Clause
"""Writes the pages of the reference that are made of sources: `PYTHONPATH=tools python3 -m pages`."""

from pages import libsel

libsel.PAGE.write_text(libsel.page(), encoding="utf-8")
