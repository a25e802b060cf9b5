# SPDX-License-Identifier: BSD-2-Clause
"""The ABI generator: libsel/abi/*.yaml in, headers, tables, stubs, JSON and reference pages out.

Reading order: schema.py (shape of the files), load.py (reading and checking), model.py (what the
emitters see), emit_*.py (one module an output), lock.py (the committed flattening).
"""
