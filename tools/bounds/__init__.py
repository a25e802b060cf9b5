# SPDX-License-Identifier: BSD-2-Clause
"""The deepest stack and the longest stretch without a look at interrupts, computed from a linked program (README.md)."""
