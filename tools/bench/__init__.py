# SPDX-License-Identifier: BSD-2-Clause
"""`./sel bench`: how many instructions each operation of the kernel executes. README.md tells which module does what."""
