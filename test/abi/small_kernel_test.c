/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Run against what the generator makes of test/abi/small: layout of capabilities, dispatch and its table, packed words.
 * Every expected number is worked out by hand from the YAML beside it.
 */
#include <assert.h>
#include <stddef.h>
#include <stdio.h>

#include "gen/caps.h"
#include "gen/destroy.h"
#include "gen/error_text.h"
#include "gen/faults.h"
#include "gen/invocations.h"
#include "gen/registers.h"
#include "kernel/object/objects.h"

_Static_assert(CAP_TYPE_LAMP == 3 && CAP_TYPE_COUNT == 10 && OBJECT_BITS_LAMP == 6 && OBJECT_BITS_BOX_MIN == 7 &&
                   OBJECT_BITS_BOX_MAX == 9,
               "types");
_Static_assert(SEL_RIGHT_WRITE == 2 && SEL_RIGHT_ALL == 3 && SEL_LIMIT_LEVEL_MAX == 15 && LAMP_COLOUR_RED == 4,
               "constants");
_Static_assert(SYSCALL_WAIT == 5 && METHOD_LAMP_WRITE == 3 && METHOD_COUNT_LAMP == 3 && INVOCATION_LAMP_GET == 0x302,
               "calls");
_Static_assert(FAULT_BROKEN == 6 && FAULT_BROKEN_LENGTH == 2 && FAULT_BROKEN_WORD_CAUSE == 1 && EXIT_DARK == 1,
               "messages");
_Static_assert(VERB_RELIGHT == 1ll << 33 && THREAD_REG_X18 == 7 && THREAD_REG_COUNT == 9 && INITIAL_SLOT_LAMP == 2,
               "lists");
_Static_assert(BOOT_INFO_MAGIC_VALUE == 0x1122334455667788 && BOOT_INFO_LAMPS == 1 && BOOT_UNTYPED_SIZE == 1 &&
                   BOOT_UNTYPED_WORDS == 2,
               "boot");
_Static_assert(PAYLOAD_MAGIC == 0x99aabbccddeeff00 && sizeof(struct payload) == 16 &&
                   offsetof(struct payload, lamp_count) == 8,
               "payload");
_Static_assert(sizeof(struct sel_ipc_buffer) == 128 && offsetof(struct sel_ipc_buffer, caps) == 96 &&
                   IPC_BUFFER_CAPS == 12,
               "buffer");
_Static_assert(ERR_TOO_BRIGHT == 7 && SEL_ERROR_COUNT == 8, "errors");

/* The operation has the object, the arguments and the invocation in it. */
err_t decode_lamp_set(struct lamp_set_op *op, struct err_info *info)
{
    if (op->level > SEL_LIMIT_LEVEL_MAX) {
        info->bound = SEL_LIMIT_LEVEL_MAX;
        return ERR_TOO_BRIGHT;
    }
    return op->box == op->in->cap_slot[1] ? ERR_OK : ERR_TOO_BRIGHT;
}

void invoke_lamp_set(const struct lamp_set_op *op)
{
    op->lamp->level = op->level;
}

err_t decode_lamp_get(struct lamp_get_op *op, struct err_info *info)
{
    (void)op;
    (void)info;
    return ERR_OK;
}

void invoke_lamp_get(const struct lamp_get_op *op, struct result *out)
{
    out->level = op->lamp->level;
}

enum progress invoke_lamp_write(const struct lamp_write_op *op)
{
    return op->count == 4 ? PREEMPTED : DONE;
}

static void check_caps(void)
{
    const struct cap lamp = lamp_cap_make(0xabcdef, SEL_RIGHT_WRITE, 5, 0x99);
    assert(lamp.word0 == (0xabcdefull << 16 | 2 << 5 | 3));
    assert(lamp.word1 == (0x99ull << 32 | 5 << 8));
    assert(cap_type(lamp) == 3 && cap_rights(lamp) == 2 && cap_object(lamp) == 0xabcdef);
    assert(lamp_cap_level(lamp) == 5 && lamp_cap_serial(lamp) == 0x99);
    const struct cap brighter = lamp_cap_set_level(lamp, 0x1f); /* one bit too many: cut, neighbours untouched */
    assert(lamp_cap_level(brighter) == 15 && lamp_cap_serial(brighter) == 0x99 && brighter.word0 == lamp.word0);
    assert(cap_rights(cap_set_rights(lamp, 1)) == 1 && cap_object(cap_set_rights(lamp, 1)) == 0xabcdef);
    assert(null_cap_make().word0 == 0 && null_cap_make().word1 == 0);
}

static void check_sizes(void)
{
    assert(object_sizes(OBJECT_TYPE_LAMP).min == 6 && object_sizes(OBJECT_TYPE_LAMP).max == 6 &&
           !object_sizes(OBJECT_TYPE_LAMP).is_given);
    assert(object_sizes(OBJECT_TYPE_BIG_BOX).min == 7 && object_sizes(OBJECT_TYPE_BIG_BOX).max == 9 &&
           object_sizes(OBJECT_TYPE_BIG_BOX).is_given);
    assert(object_sizes(4).max == 0 && object_sizes(CAP_TYPE_BOX).max == 0 && object_sizes(13).max == 0);
}

static void check_words(void)
{
    assert(tag_make(7, 12, 1) == (7 << 16 | 1 << 4 | 12));
    assert(tag_label(tag_make(7, 12, 1)) == 7 && tag_length(tag_make(7, 12, 1)) == 12 &&
           tag_caps(tag_make(7, 12, 1)) == 1);
    assert(TAG_KERNEL == 0x80);
    assert(exit_lamp(0xf000000000000001) == 15 && exit_reason(0xf000000000000001) == 1);
    assert(exit_set_lamp(0x5000000000000002, 0xa) == 0xa000000000000002);
    assert(lr_state_entry0(0xc) == 3);
}

/* Words in the order of thread_registers: x0, x1, x2, x3, x7, x8, x9, x18, pc. */
struct arch_context {
    uint64_t word[THREAD_REG_COUNT];
};

static void check_registers(void)
{
    struct arch_context context = {{100, 101, 102, 103, 107, 108, 109, 118, 1000}};
    assert(arch_syscall_number(&context) == 108 && arch_syscall_cap(&context) == 100 &&
           arch_syscall_tag(&context) == 101 && arch_syscall_reply(&context) == 102 &&
           arch_syscall_second(&context) == 103 && arch_context_pc(&context) == 1000);
    assert(arch_message_get(&context, 0) == 109 && arch_message_get(&context, 1) == 118);
    arch_set_tag(&context, 2);
    arch_set_badge(&context, 3);
    arch_set_reply_status(&context, 4);
    arch_message_set(&context, 0, 5);
    arch_message_set(&context, 1, 6);
    arch_set_status(&context, 1);
    arch_restart_syscall(&context);
    const uint64_t expected[] = {1, 2, 3, 0, 0, 0, 5, 6, 996}; /* no call gives x3, a reply's status */
    for (uint64_t i = 0; i < THREAD_REG_COUNT; i++) {
        assert(arch_register_get(&context, i) == expected[i]);
    }
}

static void check_faults(void)
{
    const struct fault fault = fault_broken(7, 8);
    assert(fault.tag == (6 << 16 | 2 | TAG_KERNEL) && fault.word[0] == 7 && fault.word[1] == 8);
}

static void check_table(void)
{
    assert(invocation_method_count(CAP_TYPE_LAMP) == 3 && invocation_method_count(CAP_TYPE_BOX) == 0 &&
           invocation_method_count(1000) == 0);
    assert(invocation_find(CAP_TYPE_LAMP, 0) == NULL && invocation_find(CAP_TYPE_LAMP, 4) == NULL &&
           invocation_find(CAP_TYPE_BOX, 1) == NULL);
    const struct invocation_desc *set = invocation_find(CAP_TYPE_LAMP, 1);
    assert(set->arg_count == 2 && set->needs == 0 && set->cap_arg_count == 1);
    assert(set->cap_arg[0].argument == 1 && set->cap_arg[0].is_optional && set->cap_arg[0].rights == SEL_RIGHT_WRITE);
    assert(set->cap_arg[0].types == (1u << 9 | 1u << 3) && set->cap_arg[0].expected == CAP_TYPE_BOX);
    assert(invocation_find(CAP_TYPE_LAMP, 2)->needs == SEL_RIGHT_READ &&
           invocation_find(CAP_TYPE_LAMP, 2)->arg_count == 0);
    assert(invocation_find(CAP_TYPE_LAMP, 3)->arg_count == 1);
}

static err_t run(uint64_t method, struct lamp *lamp, uint64_t argument, struct err_info *info, enum progress *progress)
{
    struct result out = {0};
    const struct invocation in = {.cap = cap_set_object(null_cap_make(), (uint64_t)lamp), .arg = {argument}};
    err_t error = invocation_find(CAP_TYPE_LAMP, method)->run(&in, info, &out, progress);
    assert(method != 2 || (out.level == lamp->level && out.count == 2));
    return error;
}

static void check_dispatch(void)
{
    struct err_info info = {0};
    enum progress progress = DONE;
    struct lamp lamp = {0};
    assert(run(1, &lamp, 9, &info, &progress) == ERR_OK && lamp.level == 9);
    assert(run(1, &lamp, 16, &info, &progress) == ERR_TOO_BRIGHT && lamp.level == 9); /* refused: nothing was invoked */
    assert(info.bound == 15 && progress == DONE);
    assert(run(2, &lamp, 0, &info, &progress) == ERR_OK);
    assert(run(3, &lamp, 4, &info, &progress) == ERR_OK && progress == PREEMPTED);
    progress = DONE;
    assert(run(3, &lamp, 1, &info, &progress) == ERR_TOO_BRIGHT && info.argument == 1 && info.bound == 2); /* min */
    assert(run(3, &lamp, 16, &info, &progress) == ERR_TOO_BRIGHT && info.bound == 15);                     /* max */
    assert(run(3, &lamp, 5, &info, &progress) == ERR_TOO_BRIGHT && info.bound == 6 && progress == DONE);   /* mask */
}

enum progress lamp_break(struct lamp *lamp)
{
    lamp->level--;
    return lamp->level > 0 ? PREEMPTED : DONE;
}

void box_close(struct box *box)
{
    box->is_closed++;
}

static void check_destroy(void)
{
    struct lamp lamp = {.level = 2};
    struct box box = {0};
    assert(destroy_object(lamp_cap_make((uint64_t)&lamp, 0, 0, 0)) == PREEMPTED && lamp.level == 1);
    assert(destroy_object(lamp_cap_make((uint64_t)&lamp, 0, 0, 0)) == DONE && lamp.level == 0 && box.is_closed == 0);
    assert(destroy_object(box_cap_make((uint64_t)&box, 0)) == DONE && box.is_closed == 1);
    assert(destroy_object(null_cap_make()) == DONE && lamp.level == 0 && box.is_closed == 1);
}

int main(void)
{
    check_caps();
    check_sizes();
    check_words();
    check_registers();
    check_faults();
    check_table();
    check_dispatch();
    check_destroy();
    puts("small ABI: all checks passed");
    return 0;
}
