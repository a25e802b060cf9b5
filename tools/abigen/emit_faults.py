# SPDX-License-Identifier: BSD-2-Clause
"""gen/faults.h: the fault messages the kernel makes, one constructor each (kernel only)."""

from abigen.model import Abi
from abigen.text import banner, join


def faults_h(abi: Abi) -> str:
    """gen/faults.h"""
    lines = banner("messages.yaml", "Faults as messages to a handler: tag and words. Words behind its length are zero.")
    lines += ["#pragma once", "", "#include <stdint.h>", "", '#include "gen/abi.h"', "",
              "struct fault {", "    uint64_t tag; /* FAULT_x, length, TAG_KERNEL */", "    uint64_t word[MESSAGE_REGISTER_WORDS];", "};"]
    for fault in abi.faults:
        name = f"FAULT_{fault.name}"
        lines += [""] + ([f"/** {fault.text} */"] if fault.text else [])
        lines += [f"static inline struct fault fault_{fault.name.lower()}({', '.join(f'uint64_t {word}' for word in fault.words) or 'void'})", "{",
                  f"    return (struct fault){{.tag = tag_make({name}, {name}_LENGTH, 0) | TAG_KERNEL, .word = {{{', '.join(fault.words)}}}}};", "}"]
    return join(lines)
