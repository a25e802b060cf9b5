# SPDX-License-Identifier: BSD-2-Clause
"""`./sel run --profile exits`: what each exit of each guest cost, and what caused it (docs/design/exits.md)."""
