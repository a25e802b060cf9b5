/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a refused invocation tells (errors.yaml, `detail`): which argument, what was given, what was the bound. Each error's words must
 * fit the call and speak of a breach; not here: whether it is the right error.
 */
#include "test/unit/kernel/harness/detail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "test/unit/kernel/harness/world.h"

struct detail {
    uint64_t argument;
    uint64_t given;
    uint64_t bound;
};

/** Errors of a value or, if the argument is a capability, of something in that. */
static bool may_be_of_a_capability(uint64_t error)
{
    return error == SEL_ERROR_INVALID_ARGUMENT || error == SEL_ERROR_DENIED;
}

/** Errors whose second word is the value of the argument that the first one names. */
static bool is_of_a_value(uint64_t error)
{
    return error == SEL_ERROR_OUT_OF_RANGE || error == SEL_ERROR_ALIGNMENT || error == SEL_ERROR_INVALID_CAP ||
           error == SEL_ERROR_SLOT_EMPTY || error == SEL_ERROR_ALREADY_MAPPED || error == SEL_ERROR_NOT_MAPPED ||
           may_be_of_a_capability(error);
}

/** Errors of a value that tell no bound. */
static bool is_unbounded(uint64_t error)
{
    return error == SEL_ERROR_SLOT_EMPTY || error == SEL_ERROR_ALREADY_MAPPED || error == SEL_ERROR_NOT_MAPPED;
}

/** Errors that have nothing to tell but the argument. */
static bool is_bare(uint64_t error)
{
    return error == SEL_ERROR_HAS_CHILDREN || error == SEL_ERROR_ALREADY_BOUND || error == SEL_ERROR_NOT_BOUND ||
           error == SEL_ERROR_BUSY || error == SEL_ERROR_NOT_SUPPORTED;
}

static void check_value(uint64_t error, struct detail detail, const uint64_t *word, uint64_t count)
{
    if (detail.argument == 0) {
        return;
    }
    assert_in_range(detail.argument, 1, count);
    uint64_t value = word[detail.argument - 1];
    bool is_slot = value < 1ul << WORLD_CNODE_BITS && !slot_is_empty(world_slot(value));
    if (!is_slot || !may_be_of_a_capability(error)) {
        assert_int_equal(detail.given, value);
    }
}

static void check_breach(uint64_t error, struct detail detail, uint64_t label, uint64_t count)
{
    switch (error) {
    case SEL_ERROR_INVALID_METHOD:
        assert_int_equal(detail.given, label);
        assert_true(label == 0 || label > detail.bound);
        break;
    case SEL_ERROR_TOO_FEW_ARGUMENTS:
        assert_int_equal(detail.given, count);
        assert_true(detail.bound > count);
        break;
    case SEL_ERROR_WRONG_TYPE:
        assert_int_not_equal(detail.given, detail.bound);
        break;
    case SEL_ERROR_RIGHTS:
        assert_int_not_equal(detail.given & detail.bound, detail.bound);
        break;
    case SEL_ERROR_ALIGNMENT:
        assert_int_not_equal(detail.given & (detail.bound - 1), 0);
        break;
    case SEL_ERROR_NO_MEMORY:
    case SEL_ERROR_NO_TABLE_MEMORY:
    case SEL_ERROR_NO_BUFFER:
    case SEL_ERROR_MESSAGE_TOO_LONG:
        assert_true(detail.given > detail.bound);
        break;
    default:
        break;
    }
}

void detail_check(const struct tcb *caller, uint64_t error, uint64_t label, const uint64_t *word, uint64_t count)
{
    struct detail detail = {world_word(caller, 0), world_word(caller, 1), world_word(caller, 2)};
    assert_int_equal(world_tag(caller), tag_make(0, 3, 0));
    for (uint64_t i = 3; i < MESSAGE_REGISTER_WORDS; i++) {
        assert_int_equal(world_word(caller, i), 0);
    }
    if (is_of_a_value(error)) {
        check_value(error, detail, word, count);
        assert_true(detail.bound == 0 || !is_unbounded(error));
    } else if (is_bare(error)) {
        assert_int_equal(detail.given | detail.bound, 0);
    }
    check_breach(error, detail, label, count);
}
