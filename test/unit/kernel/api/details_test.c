/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What refusals tell, word for word: which argument, what was given, what was the bound (libsel/abi/errors.yaml, `detail`). The tests of
 * the objects see that a call is refused and the harness that its words make sense; here stand the words themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/cap.h"
#include "kernel/object/vcpu.h"
#include "test/unit/kernel/harness/world.h"

#define RW      (SEL_RIGHT_READ | SEL_RIGHT_WRITE)
#define ADDRESS 0x2000000000ul
#define PAGE    4096ul
#define SLOTS   (1ul << WORLD_CNODE_BITS)
#define IRQ     40ul
#define SMC     0x84000001ul

#define refused(error, cap, method, ...) world_refused(error, world.init.tcb, cap, method, __VA_ARGS__)

/** The last refusal of a thread told this. */
static void told_to(const struct tcb *tcb, uint64_t argument, uint64_t given, uint64_t bound)
{
    assert_int_equal(world_word(tcb, 0), argument);
    assert_int_equal(world_word(tcb, 1), given);
    assert_int_equal(world_word(tcb, 2), bound);
}

static void told(uint64_t argument, uint64_t given, uint64_t bound)
{
    told_to(world.init.tcb, argument, given, bound);
}

static void every_invocation(void **state)
{
    (void)state;
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t tcb = world_new(OBJECT_TYPE_TCB, 0);
    uint64_t blind = world_copy(WORLD_CNODE, RW);
    uint64_t empty = world_slots(1);
    refused(SEL_ERROR_INVALID_METHOD, tcb, METHOD_COUNT_TCB + 1);
    told(0, METHOD_COUNT_TCB + 1, METHOD_COUNT_TCB);
    refused(SEL_ERROR_TOO_FEW_ARGUMENTS, tcb, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, 0);
    told(0, 3, 4);
    refused(SEL_ERROR_RIGHTS, blind, METHOD_CNODE_INSPECT, 1);
    told(0, RW, SEL_RIGHT_INSPECT);
    refused(SEL_ERROR_INVALID_CAP, tcb, METHOD_TCB_CONFIGURE, WORLD_CNODE, empty, 0, 0);
    told(2, empty, SLOTS);
    refused(SEL_ERROR_WRONG_TYPE, tcb, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, endpoint, 0);
    told(3, CAP_TYPE_ENDPOINT, CAP_TYPE_FRAME);
    refused(SEL_ERROR_RIGHTS, tcb, METHOD_TCB_SET_FAULT_HANDLER, world_copy(endpoint, SEL_RIGHT_READ));
    told(1, SEL_RIGHT_READ, SEL_RIGHT_WRITE);
}

static void untyped(void **state)
{
    (void)state;
    uint64_t slot = world_slots(1);
    uint64_t taken = world_new(OBJECT_TYPE_ENDPOINT, 0);
    refused(SEL_ERROR_INVALID_ARGUMENT, WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, 0, 12, WORLD_CNODE, slot, 1);
    told(1, 0, OBJECT_TYPE_FRAME);
    refused(SEL_ERROR_INVALID_ARGUMENT, WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_FRAME, 13, WORLD_CNODE, slot,
            1);
    told(2, 13, OBJECT_BITS_FRAME_1);
    refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_CNODE, 0, WORLD_CNODE, slot, 1);
    told(2, 0, OBJECT_BITS_CNODE_MIN);
    refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_CNODE, OBJECT_BITS_CNODE_MAX + 1,
            WORLD_CNODE, slot, 1);
    told(2, OBJECT_BITS_CNODE_MAX + 1, OBJECT_BITS_CNODE_MAX);
    refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_TCB, 12, WORLD_CNODE, slot, 1);
    told(2, 12, OBJECT_BITS_TCB);
    refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_TCB, 0, WORLD_CNODE, 0, 1);
    told(4, 0, SLOTS - 1);
    refused(SEL_ERROR_OUT_OF_RANGE, WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_TCB, 0, WORLD_CNODE, SLOTS - 1,
            2);
    told(5, 2, 1);
    refused(SEL_ERROR_SLOT_OCCUPIED, WORLD_UNTYPED, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_TCB, 0, WORLD_CNODE, taken, 1);
    told(4, taken, CAP_TYPE_ENDPOINT);
}

static void copies(void **state)
{
    (void)state;
    uint64_t empty = world_slots(2);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    uint64_t badged = world_mint(endpoint, 7);
    uint64_t tcb = world_new(OBJECT_TYPE_TCB, 0);
    refused(SEL_ERROR_OUT_OF_RANGE, WORLD_CNODE, METHOD_CNODE_COPY, SLOTS, WORLD_CNODE, tcb, 0);
    told(1, SLOTS, SLOTS - 1);
    refused(SEL_ERROR_SLOT_OCCUPIED, WORLD_CNODE, METHOD_CNODE_COPY, tcb, WORLD_CNODE, tcb, 0);
    told(1, tcb, CAP_TYPE_TCB);
    refused(SEL_ERROR_SLOT_EMPTY, WORLD_CNODE, METHOD_CNODE_COPY, empty, WORLD_CNODE, empty + 1, 0);
    told(3, empty + 1, 0);
    refused(SEL_ERROR_DENIED, WORLD_CNODE, METHOD_CNODE_COPY, empty, WORLD_CNODE, WORLD_UNTYPED, 0);
    told(3, CAP_TYPE_UNTYPED, 0);
    refused(SEL_ERROR_INVALID_ARGUMENT, WORLD_CNODE, METHOD_CNODE_MINT, empty, WORLD_CNODE, tcb, 0, 5);
    told(5, 5, 0);
    refused(SEL_ERROR_INVALID_ARGUMENT, WORLD_CNODE, METHOD_CNODE_MINT, empty, WORLD_CNODE, badged, 0, 5);
    told(5, 5, 7);
    refused(SEL_ERROR_HAS_CHILDREN, WORLD_CNODE, METHOD_CNODE_MUTATE, empty, WORLD_CNODE, endpoint, 0, 5);
    told(3, 0, 0);
}

static void cancelled_sends(void **state)
{
    (void)state;
    uint64_t tcb = world_new(OBJECT_TYPE_TCB, 0);
    uint64_t endpoint = world_new(OBJECT_TYPE_ENDPOINT, 0);
    refused(SEL_ERROR_WRONG_TYPE, WORLD_CNODE, METHOD_CNODE_CANCEL_BADGED_SENDS, tcb);
    told(1, CAP_TYPE_TCB, CAP_TYPE_ENDPOINT);
    refused(SEL_ERROR_RIGHTS, WORLD_CNODE, METHOD_CNODE_CANCEL_BADGED_SENDS, world_copy(endpoint, SEL_RIGHT_WRITE));
    told(1, SEL_RIGHT_WRITE, RW);
    refused(SEL_ERROR_INVALID_ARGUMENT, WORLD_CNODE, METHOD_CNODE_CANCEL_BADGED_SENDS, endpoint);
    told(1, 0, UINT64_MAX);
}

static void threads(void **state)
{
    (void)state;
    uint64_t tcb = world_new(OBJECT_TYPE_TCB, 0);
    uint64_t frame = world_new(OBJECT_TYPE_FRAME, 12);
    uint64_t read_only = world_copy(frame, SEL_RIGHT_READ);
    uint64_t device = world_slots(1);
    struct world_thread authority = world_thread_new(50);
    world_do(WORLD_DEVICE, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, device, 1);
    refused(SEL_ERROR_INVALID_ARGUMENT, tcb, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, device, 0);
    told(3, WORLD_DEVICE_BASE, 0);
    refused(SEL_ERROR_RIGHTS, tcb, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, read_only, 0);
    told(3, SEL_RIGHT_READ, RW);
    refused(SEL_ERROR_ALIGNMENT, tcb, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, frame, 512);
    told(4, 512, 1024);
    refused(SEL_ERROR_OUT_OF_RANGE, tcb, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, frame, PAGE);
    told(4, PAGE, PAGE);
    refused(SEL_ERROR_BUSY, authority.tcb_slot, METHOD_TCB_CONFIGURE, WORLD_CNODE, WORLD_VSPACE, 0, 0);
    told(0, 0, 0);
    world_do(authority.tcb_slot, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 40, 45);
    refused(SEL_ERROR_DENIED, tcb, METHOD_TCB_SET_PRIORITY, authority.tcb_slot, 46, 0);
    told(2, 46, 45);
    refused(SEL_ERROR_DENIED, tcb, METHOD_TCB_SET_PRIORITY, authority.tcb_slot, 0, 47);
    told(3, 47, 45);
    refused(SEL_ERROR_OUT_OF_RANGE, tcb, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 256, 0);
    told(2, 256, SEL_LIMIT_PRIORITY_MAX);
    refused(SEL_ERROR_OUT_OF_RANGE, tcb, METHOD_TCB_SET_PRIORITY, WORLD_INIT_TCB, 0, 257);
    told(3, 257, SEL_LIMIT_PRIORITY_MAX);
    refused(SEL_ERROR_INVALID_ARGUMENT, tcb, METHOD_TCB_SET_FEATURES, 2);
    told(1, 2, 1);
}

static void registers(void **state)
{
    (void)state;
    uint64_t tcb = world_new(OBJECT_TYPE_TCB, 0);
    refused(SEL_ERROR_BUSY, WORLD_INIT_TCB, METHOD_TCB_READ_REGISTERS, 0, 1);
    told(0, 0, 0);
    refused(SEL_ERROR_OUT_OF_RANGE, tcb, METHOD_TCB_READ_REGISTERS, THREAD_REG_COUNT, 0);
    told(1, THREAD_REG_COUNT, THREAD_REG_COUNT - 1);
    refused(SEL_ERROR_OUT_OF_RANGE, tcb, METHOD_TCB_READ_REGISTERS, 3, THREAD_REG_COUNT - 2);
    told(2, THREAD_REG_COUNT - 2, THREAD_REG_COUNT - 3);
    refused(SEL_ERROR_TOO_FEW_ARGUMENTS, tcb, METHOD_TCB_WRITE_REGISTERS, 0, 3, 11, 22);
    told(3, 4, 5);
}

static void lists_without_a_buffer(void **state)
{
    (void)state;
    struct world_thread bare = world_thread_new(20);
    uint64_t tcb = world_new(OBJECT_TYPE_TCB, 0);
    world_do(WORLD_CNODE, METHOD_CNODE_REVOKE, bare.buffer_slot);
    world_refused(SEL_ERROR_NO_BUFFER, bare.tcb, tcb, METHOD_TCB_READ_REGISTERS, 0, 9);
    told_to(bare.tcb, 2, 9, MESSAGE_REGISTER_WORDS);
    world_refused(SEL_ERROR_NO_BUFFER, bare.tcb, tcb, METHOD_TCB_WRITE_REGISTERS, 0, 7, 1, 2, 3, 4, 5, 6);
    told_to(bare.tcb, 2, 9, MESSAGE_REGISTER_WORDS);
}

static void bindings(void **state)
{
    (void)state;
    uint64_t tcb = world_new(OBJECT_TYPE_TCB, 0);
    uint64_t other = world_new(OBJECT_TYPE_TCB, 0);
    uint64_t notification = world_new(OBJECT_TYPE_NOTIFICATION, 0);
    uint64_t vcpu = world_new(OBJECT_TYPE_VCPU, 0);
    refused(SEL_ERROR_NOT_BOUND, tcb, METHOD_TCB_RESUME);
    told(0, 0, 0);
    refused(SEL_ERROR_NOT_BOUND, tcb, METHOD_TCB_UNBIND_NOTIFICATION);
    told(0, 0, 0);
    world_do(tcb, METHOD_TCB_BIND_NOTIFICATION, notification);
    refused(SEL_ERROR_ALREADY_BOUND, tcb, METHOD_TCB_BIND_NOTIFICATION, world_new(OBJECT_TYPE_NOTIFICATION, 0));
    told(0, 0, 0);
    refused(SEL_ERROR_ALREADY_BOUND, other, METHOD_TCB_BIND_NOTIFICATION, notification);
    told(1, 0, 0);
    refused(SEL_ERROR_INVALID_ARGUMENT, tcb, METHOD_TCB_BIND_VCPU, vcpu);
    told(0, 0, 0);
    world_do(tcb, METHOD_TCB_CONFIGURE, WORLD_CNODE, world_new(OBJECT_TYPE_VSPACE_GUEST, 14), 0, 0);
    world_do(tcb, METHOD_TCB_BIND_VCPU, vcpu);
    refused(SEL_ERROR_ALREADY_BOUND, tcb, METHOD_TCB_BIND_VCPU, world_new(OBJECT_TYPE_VCPU, 0));
    told(0, 0, 0);
    refused(SEL_ERROR_ALREADY_BOUND, other, METHOD_TCB_BIND_VCPU, vcpu);
    told(1, 0, 0);
}

static void contexts_and_timers(void **state)
{
    (void)state;
    uint64_t context = world_new(OBJECT_TYPE_SCHED_CONTEXT, 0);
    uint64_t timer = world_new(OBJECT_TYPE_TIMER, 0);
    uint64_t tcb = world_new(OBJECT_TYPE_TCB, 0);
    refused(SEL_ERROR_NOT_BOUND, context, METHOD_SCHED_CONTEXT_BIND, tcb);
    told(0, 0, 0);
    refused(SEL_ERROR_NOT_BOUND, context, METHOD_SCHED_CONTEXT_UNBIND);
    told(0, 0, 0);
    refused(SEL_ERROR_OUT_OF_RANGE, WORLD_SCHED_CONTROL, METHOD_SCHED_CONTROL_CONFIGURE, context, 30000, 20000, 0, 0);
    told(2, 30000, 20000);
    refused(SEL_ERROR_ALREADY_BOUND, world_context_new(10000, 10000), METHOD_SCHED_CONTEXT_BIND, WORLD_INIT_TCB);
    told(1, 0, 0);
    refused(SEL_ERROR_ALREADY_BOUND, WORLD_INIT_CONTEXT, METHOD_SCHED_CONTEXT_BIND, tcb);
    told(0, 0, 0);
    refused(SEL_ERROR_NOT_BOUND, timer, METHOD_TIMER_SET, 1);
    told(0, 0, 0);
    world_do(timer, METHOD_TIMER_BIND, world_new(OBJECT_TYPE_NOTIFICATION, 0));
    refused(SEL_ERROR_ALREADY_BOUND, timer, METHOD_TIMER_BIND, world_new(OBJECT_TYPE_NOTIFICATION, 0));
    told(0, 0, 0);
}

static void mappings(void **state)
{
    (void)state;
    const uint64_t rwx = RW | SEL_RIGHT_EXECUTE;
    uint64_t vspace = world_new(OBJECT_TYPE_VSPACE, 14);
    uint64_t frame = world_new(OBJECT_TYPE_FRAME, 12);
    uint64_t other = world_new(OBJECT_TYPE_FRAME, 12);
    uint64_t large = world_new(OBJECT_TYPE_FRAME, 21);
    uint64_t read_only = world_copy(frame, SEL_RIGHT_READ);
    uint64_t end = 1ul << SEL_LIMIT_ADDRESS_BITS;
    refused(SEL_ERROR_OUT_OF_RANGE, frame, METHOD_FRAME_MAP, vspace, end, RW, FRAME_ATTRIBUTE_NORMAL);
    told(2, end, end);
    refused(SEL_ERROR_ALIGNMENT, frame, METHOD_FRAME_MAP, vspace, ADDRESS + 8, RW, FRAME_ATTRIBUTE_NORMAL);
    told(2, ADDRESS + 8, PAGE);
    refused(SEL_ERROR_INVALID_ARGUMENT, frame, METHOD_FRAME_MAP, vspace, ADDRESS, rwx, FRAME_ATTRIBUTE_NORMAL);
    told(3, rwx, rwx);
    refused(SEL_ERROR_RIGHTS, read_only, METHOD_FRAME_MAP, vspace, ADDRESS, RW, FRAME_ATTRIBUTE_NORMAL);
    told(3, SEL_RIGHT_READ, RW);
    refused(SEL_ERROR_INVALID_ARGUMENT, frame, METHOD_FRAME_MAP, vspace, ADDRESS, RW, 3);
    told(4, 3, FRAME_ATTRIBUTE_DEVICE);
    refused(SEL_ERROR_INVALID_ARGUMENT, large, METHOD_FRAME_MAP, vspace, ADDRESS, RW, FRAME_ATTRIBUTE_UNCACHED);
    told(4, FRAME_ATTRIBUTE_UNCACHED, FRAME_ATTRIBUTE_NORMAL);
    refused(SEL_ERROR_NOT_MAPPED, frame, METHOD_FRAME_UNMAP);
    told(0, 0, 0);
    refused(SEL_ERROR_NOT_MAPPED, frame, METHOD_FRAME_PROTECT, SEL_RIGHT_READ);
    told(0, 0, 0);
    refused(SEL_ERROR_NOT_MAPPED, vspace, METHOD_VSPACE_INSPECT, ADDRESS);
    told(1, ADDRESS, 0);
    world_do(frame, METHOD_FRAME_MAP, vspace, ADDRESS, RW, FRAME_ATTRIBUTE_NORMAL);
    refused(SEL_ERROR_ALREADY_MAPPED, frame, METHOD_FRAME_MAP, vspace, 0, RW, FRAME_ATTRIBUTE_NORMAL);
    told(0, ADDRESS, 0);
    refused(SEL_ERROR_ALREADY_MAPPED, other, METHOD_FRAME_MAP, vspace, ADDRESS, RW, FRAME_ATTRIBUTE_NORMAL);
    told(2, ADDRESS, 0);
    refused(SEL_ERROR_NO_TABLE_MEMORY, other, METHOD_FRAME_MAP, vspace, 0, RW, FRAME_ATTRIBUTE_NORMAL);
    told(1, 2, 0);
    refused(SEL_ERROR_INVALID_ARGUMENT, frame, METHOD_FRAME_PROTECT, SEL_RIGHT_WRITE);
    told(1, SEL_RIGHT_WRITE, rwx);
}

static void caches(void **state)
{
    (void)state;
    uint64_t frame = world_new(OBJECT_TYPE_FRAME, 12);
    uint64_t read_only = world_copy(frame, SEL_RIGHT_READ);
    uint64_t large = world_new(OBJECT_TYPE_FRAME, 21);
    uint64_t device = world_slots(1);
    world_do(WORLD_DEVICE, METHOD_UNTYPED_RETYPE, OBJECT_TYPE_FRAME, 12, WORLD_CNODE, device, 1);
    refused(SEL_ERROR_INVALID_ARGUMENT, device, METHOD_FRAME_CACHE, CACHE_OPERATION_CLEAN, 0, 64);
    told(0, 1, 0);
    refused(SEL_ERROR_INVALID_ARGUMENT, frame, METHOD_FRAME_CACHE, 4, 0, 64);
    told(1, 4, CACHE_OPERATION_UNIFY);
    refused(SEL_ERROR_OUT_OF_RANGE, frame, METHOD_FRAME_CACHE, CACHE_OPERATION_CLEAN, PAGE + 1, 0);
    told(2, PAGE + 1, PAGE);
    refused(SEL_ERROR_OUT_OF_RANGE, frame, METHOD_FRAME_CACHE, CACHE_OPERATION_CLEAN, 64, PAGE);
    told(3, PAGE, PAGE - 64);
    refused(SEL_ERROR_OUT_OF_RANGE, large, METHOD_FRAME_CACHE, CACHE_OPERATION_CLEAN, 0,
            SEL_LIMIT_CACHE_LENGTH_MAX + 1);
    told(3, SEL_LIMIT_CACHE_LENGTH_MAX + 1, SEL_LIMIT_CACHE_LENGTH_MAX);
    refused(SEL_ERROR_RIGHTS, read_only, METHOD_FRAME_CACHE, CACHE_OPERATION_INVALIDATE, 0, 64);
    told(0, SEL_RIGHT_READ, SEL_RIGHT_WRITE);
}

static void guests(void **state)
{
    (void)state;
    const uint64_t entry = (1ul << 29) - 1; /* of a list register; the fake machine has two of them */
    uint64_t tcb = world_new(OBJECT_TYPE_TCB, 0);
    uint64_t vcpu = world_new(OBJECT_TYPE_VCPU, 0);
    refused(SEL_ERROR_NOT_BOUND, vcpu, METHOD_VCPU_INJECT, VCPU_INJECT_SYNC, 0, 0);
    told(0, 0, 0);
    refused(SEL_ERROR_NOT_BOUND, vcpu, METHOD_VCPU_TRANSLATE, 0, 0);
    told(0, 0, 0);
    world_do(tcb, METHOD_TCB_CONFIGURE, WORLD_CNODE, world_new(OBJECT_TYPE_VSPACE_GUEST, 14), 0, 0);
    world_do(tcb, METHOD_TCB_BIND_VCPU, vcpu);
    refused(SEL_ERROR_INVALID_ARGUMENT, vcpu, METHOD_VCPU_SET_INTERRUPTS, 1ul << 29, 0, 0);
    told(1, 1ul << 29, entry << 32 | entry);
    refused(SEL_ERROR_INVALID_ARGUMENT, vcpu, METHOD_VCPU_SET_INTERRUPTS, 0, 1, 0);
    told(2, 1, 0);
    refused(SEL_ERROR_INVALID_ARGUMENT, vcpu, METHOD_VCPU_SET_INTERRUPTS, 0, 0, 2);
    told(3, 2, 1);
    refused(SEL_ERROR_INVALID_ARGUMENT, vcpu, METHOD_VCPU_INJECT, 3, 0, 0);
    told(1, 3, VCPU_INJECT_SYNC | VCPU_INJECT_SERROR);
    refused(SEL_ERROR_OUT_OF_RANGE, vcpu, METHOD_VCPU_READ_REGISTERS, VCPU_REG_COUNT, 0);
    told(1, VCPU_REG_COUNT, VCPU_REG_COUNT - 1);
    refused(SEL_ERROR_OUT_OF_RANGE, vcpu, METHOD_VCPU_CONFIGURE_TIMER, 0, 15, 0, 0);
    told(2, 15, 16);
    refused(SEL_ERROR_OUT_OF_RANGE, vcpu, METHOD_VCPU_CONFIGURE_TIMER, 0, 32, 0, 0);
    told(2, 32, 31);
}

static void interrupts_and_firmware(void **state)
{
    (void)state;
    uint64_t slot = world_slots(2);
    uint64_t one = world_mint(WORLD_SMC, SMC);
    refused(SEL_ERROR_OUT_OF_RANGE, WORLD_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, 15, 0, WORLD_CNODE, slot);
    told(1, 15, FAKE_IRQ_COUNT);
    refused(SEL_ERROR_DENIED, WORLD_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, FAKE_IRQ_TIMER, 0, WORLD_CNODE, slot);
    told(1, FAKE_IRQ_TIMER, 0);
    world_do(WORLD_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, IRQ, 0, WORLD_CNODE, slot);
    refused(SEL_ERROR_BUSY, WORLD_IRQ_CONTROL, METHOD_IRQ_CONTROL_GET, IRQ, 0, WORLD_CNODE, slot + 1);
    told(1, 0, 0);
    refused(SEL_ERROR_NOT_BOUND, slot, METHOD_IRQ_HANDLER_CLEAR);
    told(0, 0, 0);
    refused(SEL_ERROR_DENIED, one, METHOD_SMC_CALL, SMC + 1, 0, 0, 0, 0, 0, 0, 0);
    told(1, SMC + 1, SMC);
    refused(SEL_ERROR_OUT_OF_RANGE, WORLD_CONSOLE, METHOD_CONSOLE_WRITE, SEL_LIMIT_CONSOLE_WRITE_MAX + 1, 0);
    told(1, SEL_LIMIT_CONSOLE_WRITE_MAX + 1, SEL_LIMIT_CONSOLE_WRITE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(every_invocation),
        world_test(untyped),
        world_test(copies),
        world_test(cancelled_sends),
        world_test(threads),
        world_test(registers),
        world_test(lists_without_a_buffer),
        world_test(bindings),
        world_test(contexts_and_timers),
        world_test(mappings),
        world_test(caches),
        world_test(guests),
        world_test(interrupts_and_firmware),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
