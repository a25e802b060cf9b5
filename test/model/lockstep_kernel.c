/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The three kernel files with state of their own, compiled as they are, and with a way to that state: to begin anew, and to compare it.
 */
#include "kernel/object/destroy.c" // NOLINT(bugprone-suspicious-include)
#include "kernel/object/irq.c"     // NOLINT(bugprone-suspicious-include)
#include "kernel/object/vspace.c"  // NOLINT(bugprone-suspicious-include)
#include "test/model/lockstep.h"

void lockstep_reset_statics(void)
{
    dying_first = NULL;
    for (uint64_t irq = 0; irq < IRQ_COUNT_MAX; irq++) {
        irq_table[irq] = (struct irq_state){0};
    }
    for (uint32_t id = 0; id < space_used; id++) {
        space_table[id].vspace = NULL;
        space_table[id].generation = 0;
        space_table[id].next_free = 0;
    }
    space_used = 0;
    space_free = 0;
    space_count = 0;
}

struct slot *lockstep_dying_first(void)
{
    return dying_first;
}

void lockstep_irq(uint64_t irq, struct model_irq *out, const void **notification)
{
    out->badge = irq_table[irq].badge;
    out->is_issued = irq_table[irq].is_issued;
    out->is_active = irq_table[irq].is_active;
    *notification = irq_table[irq].notification;
}

struct vspace *lockstep_space(uint32_t space_id, uint32_t generation)
{
    return space_table[space_id].generation == generation ? space_table[space_id].vspace : NULL;
}
