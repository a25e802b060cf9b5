# SPDX-License-Identifier: BSD-2-Clause
"""The one case that takes minutes begins first, so that the others run beside it."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the order but for that case."""
    items.sort(key=lambda item: "scrambler_changes_nothing" not in item.name)
