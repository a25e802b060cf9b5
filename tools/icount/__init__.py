# SPDX-License-Identifier: BSD-2-Clause
"""Exact times of console output, in executed instructions."""
