# SPDX-License-Identifier: BSD-2-Clause
"""The rules of the tree, checked by one command shared by CI and the git hook.

Each module holds the rules of one concern; a rule is a function from a Tree to findings.
The rules are tested themselves: test/sel has sources that must draw each finding.
"""
