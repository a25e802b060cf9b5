# SPDX-License-Identifier: BSD-2-Clause
"""gen/faults.h: the fault messages the kernel makes, one constructor each (kernel only)."""

from abigen.model import Abi
from abigen.text import banner, join


def faults_h(abi: Abi) -> str:
    """gen/faults.h"""
    lines = banner("messages.yaml", "Faults as messages to a handler: label and words. Words behind `length` are zero.")
    lines += ["#pragma once", "", "#include <stdint.h>", "", '#include "gen/abi.h"', "",
              "struct fault {", "    uint64_t label; /* FAULT_x */", "    uint64_t word[MESSAGE_REGISTER_WORDS];", "    uint64_t length;", "};"]
    for fault in abi.faults:
        name = f"FAULT_{fault.name}"
        lines += [""] + ([f"/** {fault.text} */"] if fault.text else [])
        lines += [f"static inline struct fault fault_{fault.name.lower()}({', '.join(f'uint64_t {word}' for word in fault.words) or 'void'})", "{",
                  f"    return (struct fault){{.label = {name}, .length = {name}_LENGTH, .word = {{{', '.join(fault.words)}}}}};", "}"]
    return join(lines)
