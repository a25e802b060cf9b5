#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draws docs/pictures/compiler_time.svg: the compiler's time against the number of processes, beside n log n.

Times are of the processor and relative to those of 100 processes in the same run, for each of
test_scale.py's shapes. Needs gnuplot (Debian's package gnuplot-nox).
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from test_scale import chain, instances, seconds, star  # noqa: E402

from capdl import abi as abi_file  # noqa: E402
from capdl import plan  # noqa: E402
from capdl.check import load_system  # noqa: E402

PICTURE = ROOT / "docs" / "pictures" / "compiler_time.svg"
SHAPES = {"a ring of neighbours": chain, "all use one": star, "instances of a part": instances}
BASE = 100
COUNTS = (10, 20, 50, BASE, 200, 500, 1000)
RUNS = 5

SCRIPT = """
set terminal svg size 640,400 font "sans-serif,13" background "white"
set output "{picture}"
set logscale xy
set xlabel "processes"
set ylabel "processor time, that of 100 processes = 1"
set key top left
set grid
plot {bound} title "n log n" with lines dashtype 2 linecolor "black", {lines}
"""


def measure() -> dict[str, list[float]]:
    """Return the least time of each shape and count, relative to BASE processes."""
    abi = abi_file.load_default()
    relative = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, shape in SHAPES.items():
            taken = {}
            for count in COUNTS:
                spec = Path(folder) / f"{count}.yaml"
                spec.write_text(shape(count), encoding="utf-8")
                taken[count] = min(seconds(lambda spec=spec: plan.make(load_system(spec, spec.name, abi.limits()), abi)) for _ in range(RUNS))
            relative[name] = [taken[count] / taken[BASE] for count in COUNTS]
    return relative


def main() -> int:
    lines, blocks = [], []
    for name, times in measure().items():
        lines.append(f'"-" title "{name}" with linespoints pointtype 7')
        blocks.append("".join(f"{count} {time:.4f}\n" for count, time in zip(COUNTS, times)) + "e\n")
        print(name, " ".join(f"{count}: {time:.2f}" for count, time in zip(COUNTS, times)))
    bound = f"[10:1000] x * log(x) / {BASE * math.log(BASE)}"
    script = SCRIPT.format(picture=PICTURE, bound=bound, lines=", ".join(lines)) + "".join(blocks)
    try:
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
    except FileNotFoundError:
        print("plot_scale: there is no gnuplot; install Debian's package gnuplot-nox", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
