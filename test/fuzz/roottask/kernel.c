/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel as an accepted spec may meet it: all goes well but for one call that the input may choose, and inspection tells what was made
 * (made.h) but for a lie now and then. Checked here is only what the kernel relies on the roottask for, or the roottask's own memory: slots of
 * its own CNode, counts, the two windows, lengths.
 */
#include "test/fuzz/roottask/kernel.h"

#include <string.h>

#include "gen/sel/invocations.h"
#include "sel/error.h"
#include "sel/sel.h"
#include "test/fuzz/roottask/made.h"

#define PAGE_BITS      12
#define MACHINE_BITS   24
#define CNODE_BITS_MAX 14

struct answers answers;

static sel_err_t answer(void)
{
    answers.call_count++;
    return answers.call_count == answers.refused_call ? SEL_ERROR_NO_MEMORY : SEL_ERROR_OK;
}

static uint64_t told(uint64_t truth)
{
    answers.told_count++;
    bool is_lie = answers.lie_every != 0 && answers.told_count % answers.lie_every == 0;
    return is_lie ? truth ^ answers.lie : truth;
}

static void check_own(uint64_t index, uint64_t count)
{
    fuzz_check(index != 0 && index < OWN_SLOTS && count <= OWN_SLOTS - index, "own slots %lu, %lu of them", index,
               count);
}

size_t sel_error_sentence(char *buffer, size_t size)
{
    memset(buffer, 0, size < 2 ? size : 2);
    return 1;
}

/** Sizes that the real kernel would make, out of a machine this small. */
static bool is_size_possible(uint64_t type, uint64_t size_bits)
{
    switch (type) {
    case OBJECT_TYPE_UNTYPED:
        return size_bits >= 6 && size_bits <= MACHINE_BITS;
    case OBJECT_TYPE_CNODE:
        return size_bits >= 7 && size_bits <= CNODE_BITS_MAX;
    case OBJECT_TYPE_VSPACE:
    case OBJECT_TYPE_VSPACE_GUEST:
        return size_bits >= 14 && size_bits <= MACHINE_BITS;
    case OBJECT_TYPE_FRAME:
        return size_bits == 12 || size_bits == 21;
    default:
        return type < OBJECT_TYPE_VCPU + 1 && size_bits <= OBJECT_BITS_VCPU;
    }
}

sel_err_t sel_untyped_retype(sel_cap_t untyped, uint64_t type, uint64_t size_bits, sel_cap_t dest, uint64_t index,
                             uint64_t count)
{
    check_own(untyped, 1);
    check_own(index, count);
    fuzz_check(dest == INITIAL_SLOT_CNODE && count <= SEL_LIMIT_RETYPE_COUNT_MAX, "%lu objects to CNode %lu", count,
               dest);
    made_objects(type, index, count);
    return is_size_possible(type, size_bits) ? answer() : SEL_ERROR_OUT_OF_RANGE;
}

static sel_err_t copy(sel_cap_t cnode, uint64_t index, sel_cap_t source, uint64_t source_index,
                      const struct made_cap *made)
{
    check_own(cnode, 1);
    check_own(source_index, 1);
    fuzz_check(source == INITIAL_SLOT_CNODE, "a copy out of CNode %lu", source);
    made_copy(cnode, index, source_index, made);
    return answer();
}

sel_err_t sel_cnode_copy(sel_cap_t cnode, uint64_t index, sel_cap_t source, uint64_t source_index, uint64_t rights)
{
    return copy(cnode, index, source, source_index, &(struct made_cap){.rights = rights});
}

sel_err_t sel_cnode_mint(sel_cap_t cnode, uint64_t index, sel_cap_t source, uint64_t source_index, uint64_t rights,
                         uint64_t badge)
{
    return copy(cnode, index, source, source_index, &(struct made_cap){.rights = rights, .badge = badge});
}

sel_err_t sel_cnode_move(sel_cap_t cnode, uint64_t index, sel_cap_t source, uint64_t source_index)
{
    sel_err_t status = copy(cnode, index, source, source_index, &(struct made_cap){.rights = SEL_RIGHT_ALL});
    made_delete(source_index);
    return status;
}

sel_err_t sel_cnode_delete(sel_cap_t cnode, uint64_t index)
{
    check_own(cnode, 1);
    check_own(index, 1);
    made_delete(index);
    return answer();
}

sel_err_t sel_cnode_inspect(sel_cap_t cnode, uint64_t index, uint64_t *word0, uint64_t *word1, uint64_t *object,
                            uint64_t *size_bits)
{
    check_own(cnode, 1);
    struct made_cap cap = cnode == INITIAL_SLOT_CNODE ? made_own(index) : made_at(cnode, index);
    *word0 = told(cap.type | cap.rights << 5);
    *word1 = told(cap.badge);
    *object = told(cap.object);
    *size_bits = PAGE_BITS;
    return answer();
}

sel_err_t sel_frame_map(sel_cap_t frame, sel_cap_t vspace, uint64_t address, uint64_t rights, uint64_t attribute)
{
    check_own(frame, 1);
    check_own(vspace, 1);
    made_mapping(vspace, address, &(struct made_page){.frame = frame, .rights = rights | attribute << 8});
    return answer();
}

sel_err_t sel_frame_unmap(sel_cap_t frame)
{
    check_own(frame, 1);
    return answer();
}

sel_err_t sel_frame_address(sel_cap_t frame, uint64_t *physical, uint64_t *size_bits)
{
    check_own(frame, 1);
    *physical = told(frame << PAGE_BITS);
    *size_bits = PAGE_BITS;
    return answer();
}

/** Mappings come to an end: there are so many, and each time one is left behind. */
sel_err_t sel_vspace_inspect(sel_cap_t vspace, uint64_t address, uint64_t *next_address, uint64_t *physical,
                             uint64_t *size_bits, uint64_t *rights)
{
    check_own(vspace, 1);
    const struct made_page *page = made_next(vspace, address);
    if (page == NULL) {
        return SEL_ERROR_NOT_MAPPED;
    }
    *next_address = told(page->address);
    *physical = told(page->frame << PAGE_BITS);
    *size_bits = PAGE_BITS;
    *rights = told(page->rights);
    return answer();
}

sel_err_t sel_console_write(sel_cap_t console, uint64_t length, const void *bytes)
{
    static volatile uint64_t sum;
    fuzz_check(console == INITIAL_SLOT_CONSOLE && length <= SEL_LIMIT_CONSOLE_WRITE_MAX, "%lu bytes of text", length);
    for (uint64_t i = 0; i < length; i++) {
        sum += ((const uint8_t *)bytes)[i];
    }
    return SEL_ERROR_OK;
}

sel_err_t sel_tcb_read_registers(sel_cap_t tcb, uint64_t first, uint64_t count, uint64_t *registers)
{
    check_own(tcb, 1);
    fuzz_check(first + count <= THREAD_REG_COUNT, "registers %lu, %lu of them", first, count);
    memset(registers, 0x5a, count * sizeof(*registers));
    return answer();
}

sel_err_t sel_tcb_write_registers(sel_cap_t tcb, uint64_t first, uint64_t count, const uint64_t *registers)
{
    static volatile uint64_t sum;
    check_own(tcb, 1);
    for (uint64_t i = 0; i < count; i++) {
        sum += registers[i];
    }
    return first + count <= THREAD_REG_COUNT ? answer() : SEL_ERROR_OUT_OF_RANGE;
}

/* --- invocations that only take capabilities of the own CNode --- */

sel_err_t sel_tcb_configure(sel_cap_t tcb, sel_cap_t cspace, sel_cap_t vspace, sel_cap_t buffer, uint64_t offset)
{
    (void)offset;
    check_own(tcb, 1);
    check_own(cspace, 1);
    check_own(vspace, 1);
    check_own(buffer != 0 ? buffer : tcb, 1);
    return answer();
}

sel_err_t sel_tcb_set_priority(sel_cap_t tcb, sel_cap_t authority, uint64_t priority, uint64_t max_priority)
{
    (void)authority;
    (void)priority;
    (void)max_priority;
    check_own(tcb, 1);
    return answer();
}

/** Two own slots, the second one may be 0. */
static sel_err_t answer_two(sel_cap_t first, sel_cap_t second)
{
    check_own(first, 1);
    check_own(second != 0 ? second : first, 1);
    return answer();
}

sel_err_t sel_tcb_set_fault_handler(sel_cap_t tcb, sel_cap_t endpoint)
{
    return answer_two(tcb, endpoint);
}

sel_err_t sel_tcb_set_timeout_handler(sel_cap_t tcb, sel_cap_t endpoint)
{
    return answer_two(tcb, endpoint);
}

sel_err_t sel_tcb_resume(sel_cap_t tcb)
{
    return answer_two(tcb, 0);
}

sel_err_t sel_tcb_bind_notification(sel_cap_t tcb, sel_cap_t notification)
{
    return answer_two(tcb, notification);
}

sel_err_t sel_tcb_bind_vcpu(sel_cap_t tcb, sel_cap_t vcpu)
{
    return answer_two(tcb, vcpu);
}

sel_err_t sel_tcb_set_features(sel_cap_t tcb, uint64_t flags)
{
    (void)flags;
    return answer_two(tcb, 0);
}

sel_err_t sel_sched_control_configure(sel_cap_t control, sel_cap_t context, uint64_t budget_ns, uint64_t period_ns,
                                      uint64_t refills, uint64_t badge)
{
    (void)budget_ns;
    (void)period_ns;
    (void)refills;
    (void)badge;
    return answer_two(control, context);
}

sel_err_t sel_sched_context_bind(sel_cap_t context, sel_cap_t target)
{
    return answer_two(context, target);
}

sel_err_t sel_sched_context_unbind(sel_cap_t context)
{
    return answer_two(context, 0);
}

sel_err_t sel_timer_bind(sel_cap_t timer, sel_cap_t notification)
{
    return answer_two(timer, notification);
}

sel_err_t sel_irq_control_get(sel_cap_t control, uint64_t irq, uint64_t trigger, sel_cap_t dest, uint64_t index)
{
    (void)irq;
    (void)trigger;
    check_own(index, 1);
    made_objects(CAP_TYPE_IRQ_HANDLER, index, 1);
    return answer_two(control, dest);
}

sel_err_t sel_irq_handler_set_notification(sel_cap_t handler, sel_cap_t notification)
{
    return answer_two(handler, notification);
}

sel_err_t sel_irq_handler_acknowledge(sel_cap_t handler)
{
    return answer_two(handler, 0);
}

/* --- the supervisor's loop --- */

sel_err_t sel_recv(sel_cap_t cap, uint64_t *tag, sel_cap_t reply, uint64_t *words, uint64_t *badge)
{
    check_own(cap, 1);
    check_own(reply, 1);
    return message_next(tag, words, badge) ? SEL_ERROR_OK : SEL_ERROR_PEER_DIED;
}

sel_err_t sel_reply_recv(sel_cap_t cap, uint64_t *tag, sel_cap_t reply, uint64_t *words, uint64_t *badge,
                         sel_err_t *reply_status)
{
    *reply_status = SEL_ERROR_OK;
    return sel_recv(cap, tag, reply, words, badge);
}
