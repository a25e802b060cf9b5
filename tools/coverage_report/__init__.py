# SPDX-License-Identifier: BSD-2-Clause
"""What of the kernel the tests execute: see README.md."""
