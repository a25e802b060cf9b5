# SPDX-License-Identifier: BSD-2-Clause
"""What a running system's kernel knows, read from outside: who waits for whom, and what happened last."""
