# SPDX-License-Identifier: BSD-2-Clause
"""Command line: measure, print the table, write the report.

    PYTHONPATH=tools /usr/bin/python3 -m coverage_report [--quick] [--missing] [--keep-host] [--keep-target]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from coverage_report.measure import OUT, Plan, measure
from coverage_report.report import missing, table
from sel.errors import SelError


def main() -> int:
    """Run; 0 if all minima are reached, 1 if not, 2 for input that makes no sense."""
    parser = argparse.ArgumentParser(prog="coverage_report", description="What of the kernel the tests execute.")
    parser.add_argument("--quick", action="store_true", help="leave out the target's tests that take long and add little: what CI does")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the report and of all that is measured for it")
    parser.add_argument("--keep-target", action="store_true", help="do not run the target's tests again; take what they left last time")
    parser.add_argument("--keep-host", action="store_true", help="do not run the host's tests again")
    parser.add_argument("--missing", action="store_true", help="name each line and side of a branch that is neither covered nor excluded")
    args = parser.parse_args()
    try:
        report = measure(Plan(args.out.resolve(), args.quick, args.keep_host, args.keep_target))
    except SelError as error:
        print(f"coverage_report: {error}", file=sys.stderr)
        return 1
    except (OSError, ValueError, LookupError) as error:
        print(f"coverage_report: {error}", file=sys.stderr)
        return 2
    print(table(report))
    if args.missing:
        print(missing(report))
    for sentence in report.failures():
        print(f"coverage_report: {sentence}")
    print(f"coverage_report: report in {args.out}/index.html")
    return 1 if report.failures() else 0


if __name__ == "__main__":
    sys.exit(main())
