# SPDX-License-Identifier: BSD-2-Clause
"""capdl: from a system's spec file to the image that boots it (see README.md)."""
