/* SPDX-License-Identifier: BSD-2-Clause */
/* A system without a debugger of this guest: see debugger.h. */
#include "vmm/debugger.h"

bool debugger_holds_start(struct vmm *vmm)
{
    (void)vmm;
    return false;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): a debugger writes its reply there. */
bool debugger_takes_exit(struct vmm *vmm, uint64_t words[8])
{
    (void)vmm;
    (void)words;
    return false;
}

void debugger_poll(struct vmm *vmm)
{
    (void)vmm;
}

void debugger_tell_end(struct vmm *vmm, enum guest_end end)
{
    (void)vmm;
    (void)end;
}
