# SPDX-License-Identifier: BSD-2-Clause
"""The plan of a checked system, whichever form its spec has."""

from __future__ import annotations

from capdl.abi import Abi
from capdl.model import System
from capdl.plan_data import Plan
from capdl.planner import Planner
from capdl.row_plan import RowPlanner


def make(system: System, abi: Abi) -> tuple[Plan, dict[str, bytes]]:
    """Plan a checked system; also the guests' images by the file name the plan gives them."""
    planner = RowPlanner(system, abi) if system.rows else Planner(system, abi)
    return planner.run(), planner.images
