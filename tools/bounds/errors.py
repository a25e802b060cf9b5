# SPDX-License-Identifier: BSD-2-Clause
"""What a person is told when a program cannot be bounded: a sentence with place and remedy."""


class Unbounded(Exception):
    """The program, its annotations or the files given do not allow a bound; the text says where and what to do."""
