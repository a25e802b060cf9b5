# SPDX-License-Identifier: BSD-2-Clause
"""Renders a page's template: names in it are escaped, and one that has no value is an error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jinja2


def render(template: Path, values: Mapping[str, object]) -> str:
    """The page; what the template includes lies beside it."""
    loader = jinja2.FileSystemLoader(template.parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    return environment.get_template(template.name).render(values)
