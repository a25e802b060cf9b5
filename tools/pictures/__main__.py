# SPDX-License-Identifier: BSD-2-Clause
"""Draws the pictures whose sources have changed."""

from pictures import make, stale

for source in stale():
    make(source)
    print(f"pictures: {source.with_suffix('.svg').name}")
