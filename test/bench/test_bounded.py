# SPDX-License-Identifier: BSD-2-Clause
"""The measured kernel is bounded: tools/bounds comes to an end on it. How far, and that it refuses what is not: test/bounds (`./sel assure`)."""

from __future__ import annotations

from bench.measure import Image
from bounds.__main__ import analyse


def test_every_loop_of_the_kernel_has_its_bound(image: Image) -> None:
    """analyse() raises Unbounded, with file and line, for a loop without annotation, recursion, and calls that it cannot follow."""
    results = analyse(image.image.parent)[3]
    assert len(results) > 5 and all(result.stack.bytes < result.stack_size for result in results)
