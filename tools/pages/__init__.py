# SPDX-License-Identifier: BSD-2-Clause
"""HTML pages that stand alone: what the pages of all tools have in common."""
