# SPDX-License-Identifier: BSD-2-Clause
# Your choices. `preset` leaves a choice to the preset (CMakePresets.json); an unknown name or value is an error.
# The same names, with SEL_ in front, can be given to cmake for one build: -DSEL_TRACE=on.

sel_setting(SYSTEM linux)          # what is built when nothing is named: a folder under systems/ or a path
sel_setting(ASSERT preset)         # kernel assertions: on, off
sel_setting(TRACE preset)          # the kernel's trace ring: on, off
sel_setting(POISON preset)         # RAM and registers filled with rubbish at boot: on, off
sel_setting(CYCLES preset)         # native processes may read the processor's cycle counter (docs/design/bench.md, a board): on, off
sel_setting(OPTIMIZE preset)       # 0, 1, 2, 3, s, z
sel_setting(DEBUG_INFO on)         # DWARF in the ELF files (never in the image): on, off
sel_setting(AUDIT off)             # the roottask compares the live state with the spec after the start: on, off
