# SPDX-License-Identifier: BSD-2-Clause
"""`sel assure`: what is checked at length and takes longer than a test may.

Its parts are pytest folders under test/ (testing.ASSURE_PARTS), run by the test runner's
own machinery. They learn from the environment how far to go: SEL_ASSURE is `ci` (all parts
within 25 minutes on 2 cores) or `full`; SEL_ASSURE_HOURS tells parts that search at random
how long to go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sel import packages
from sel.testing import SLOWEST, Limits, choose, known_assure_parts, run_parts

#: Host seconds: of all parts in CI; of one case and one part else, beyond the hours asked for.
_CI_PROMISED_S = 1500
_FULL_LIMIT_S = 4 * 3600


@dataclass(frozen=True)
class AssureOptions:
    """What the command line says."""

    parts: list[str]
    is_ci: bool
    hours: float | None
    assume_yes: bool
    list_only: bool


def assure(options: AssureOptions) -> Path | None:
    """Run the parts; raises Failed when anything is red."""
    names = choose(options.parts, known_assure_parts())
    if options.list_only:
        print("\n".join(known_assure_parts()))
        return None
    proof = packages.PROOF if "proof" in names and not options.is_ci else ()
    packages.ensure((*packages.BUILD, *packages.RUN, *packages.TEST, *packages.DEBUG, *proof), options.assume_yes)
    return run_parts(names, _limits(options))


def _limits(options: AssureOptions) -> Limits:
    environment = [("SEL_ASSURE", "ci" if options.is_ci else "full")]
    limit_s = SLOWEST * _CI_PROMISED_S if options.is_ci else _FULL_LIMIT_S
    if options.hours is not None:
        environment.append(("SEL_ASSURE_HOURS", f"{options.hours:g}"))
        limit_s += int(options.hours * 3600)
    return Limits(case_s=limit_s, part_s=limit_s, promised_s=_CI_PROMISED_S if options.is_ci else None, environment=tuple(environment))
