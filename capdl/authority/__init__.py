# SPDX-License-Identifier: BSD-2-Clause
"""Who can do what in a system: questions and policy, answered from the plan alone (docs/design/authority.md)."""
