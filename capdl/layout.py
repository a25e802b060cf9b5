# SPDX-License-Identifier: BSD-2-Clause
"""Where things lie in a process's address space; the same for every process, from its window's base on.

Process i owns the addresses [WINDOW_FIRST + i * WINDOW_BYTES, + WINDOW_BYTES): an address alone
tells whose it is. Process 0 is the roottask. A VMM maps its guest's RAM at the guest's own
addresses and pristine images above IMAGE_BASE besides.
"""

from __future__ import annotations

PAGE = 4096
BLOCK = 2 << 20
WINDOW_FIRST = 0x10_0000_0000
WINDOW_BYTES = 0x1000_0000

HEAP = 0x0400_0000
IPC_BUFFER = 0x0800_1000
STACK_TOP = 0x0810_0000
RINGS = 0x0810_0000
SHARED = 0x0900_0000
DEVICES = 0x0C00_0000
UART_PAGE = 0x0E00_0000
IMAGE_BASE = 0x70_0000_0000

ROOT_FIRST_SLOT = 512
ROOT_SKIP_SLOTS = 192


def window(index: int) -> int:
    """Base of a process's window."""
    return WINDOW_FIRST + index * WINDOW_BYTES


def round_up(value: int, unit: int) -> int:
    """Round up to a multiple."""
    return -(-value // unit) * unit


def bits_for(size: int) -> int:
    """Smallest power of two that holds size."""
    return max(size - 1, 0).bit_length()


def is_large_image(size: int) -> bool:
    """Tell whether a guest's image is worth blocks of 2 MiB in the payload."""
    return size > BLOCK // 8
