/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Differences: see compare.h.
 */
#include "compare.h"

#include "agents.h"
#include "guests.h"
#include "reach.h"
#include "sel/format.h"
#include "sel/sel.h"
#include "stage.h"
#include "test/model/parts.h"
#include "test/system/lib/check.h"

#define TOLD_MAX      8
#define SPACES_MAX    256
#define SPACE_MASK    ((1ul << 35) - 1) /* space_id and space_gen of caps.yaml */
#define WORDS_MAX     64
#define REG_WORD_0    9 /* the register of a message's first word */
#define WORD_CONSUMED 0
#define WORD_SECOND   1

static uint64_t seed_now;
static uint64_t number_now;
static const struct step *step_now;
static unsigned int difference_count;
static bool is_difference_wanted;

/* --- telling --- */

static void part_hex(struct sel_text *text, const char *name, uint64_t value)
{
    sel_text_string(text, name);
    sel_text_hex(text, value);
}

static void part_decimal(struct sel_text *text, const char *name, uint64_t value)
{
    sel_text_string(text, name);
    sel_text_decimal(text, value);
}

static void tell_step(void)
{
    char bytes[500];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));

    part_decimal(&line, "DIFFERENCE: sequence ", seed_now);
    part_decimal(&line, " step ", number_now);
    if (step_now != NULL) {
        part_decimal(&line, ": kind ", step_now->kind);
        part_decimal(&line, " number ", step_now->number);
        part_hex(&line, " cap ", step_now->cap);
        part_hex(&line, " tag ", step_now->tag);
        part_hex(&line, " reply ", step_now->reply);
        part_hex(&line, " second ", step_now->second);
        for (unsigned int i = 0; i < 6; i++) {
            part_hex(&line, i == 0 ? " words " : " ", step_now->word[i]);
        }
    }
    sel_text_string(&line, "\n");
    sel_console_print(bytes);
}

void differ(const char *what, uint64_t object, uint64_t part, uint64_t found, uint64_t wanted)
{
    char bytes[250];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));

    difference_count++;
    if (is_difference_wanted) {
        return;
    }
    if (difference_count == 1) {
        tell_step();
        check_fail_values(__FILE__, __LINE__, what, found, wanted);
    }
    part_decimal(&line, "  ", object);
    part_decimal(&line, ".", part);
    part_hex(&line, " ", found);
    sel_text_string(&line, ", the model says ");
    sel_text_hex(&line, wanted);
    sel_text_string(&line, ": ");
    sel_text_string(&line, what);
    sel_text_string(&line, "\n");
    if (difference_count <= TOLD_MAX) {
        sel_console_print(bytes);
    }
}

void same(const char *what, uint64_t object, uint64_t part, uint64_t found, uint64_t wanted)
{
    if (found != wanted) {
        differ(what, object, part, found, wanted);
    }
}

bool compare_has_differed(void)
{
    return difference_count != 0;
}

void compare_at(uint64_t number, const struct step *step)
{
    number_now = number;
    step_now = step;
}

/* --- numbers of address spaces --- */

static struct {
    uint64_t model;
    uint64_t kernel;
} spaces[SPACES_MAX];
static unsigned int space_count;

void compare_begin(uint64_t seed, bool is_wanted)
{
    is_difference_wanted = is_wanted;
    seed_now = seed;
    number_now = 0;
    step_now = NULL;
    difference_count = 0;
    space_count = 0;
}

static bool same_space(uint64_t kernel, uint64_t wanted)
{
    for (unsigned int i = 0; i < space_count; i++) {
        if (spaces[i].model == wanted || spaces[i].kernel == kernel) {
            return spaces[i].model == wanted && spaces[i].kernel == kernel;
        }
    }
    if (space_count < SPACES_MAX) {
        spaces[space_count].model = wanted;
        spaces[space_count++].kernel = kernel;
    }
    return true;
}

bool compare_frame_words(uint64_t found, uint64_t wanted)
{
    bool is_never_mapped = found == 0 && wanted == 0;
    bool is_same_page = (found & ~SPACE_MASK) == (wanted & ~SPACE_MASK);

    return is_never_mapped || (is_same_page && same_space(found & SPACE_MASK, wanted & SPACE_MASK));
}

/* --- results that are not comparable --- */

static uint64_t excused_words; /* of the answer, as bits */
static bool is_frame_excused;  /* the answer tells a Frame's mapping */
static uint32_t excused_thread;

static bool has_timeout(uint32_t thread)
{
    uint64_t tag = model.thread[thread].reg[1];

    return tag_kernel(tag) != 0 && tag_label(tag) == FAULT_TIMEOUT;
}

/** A fastpath leaves the registers of one who waits in a system call as they happen to be. */
static bool is_left_by_fastpath(uint32_t thread, uint64_t index)
{
    const struct model_thread *self = &model.thread[thread];

    return index <= THREAD_REG_X18 && self->fault_label == 0 &&
           (self->state == MODEL_RECV || self->state == MODEL_REPLY);
}

bool compare_is_volatile(uint32_t thread, uint64_t index)
{
    bool is_in_program =
        index == THREAD_REG_X0 || index == THREAD_REG_X1 || index == THREAD_REG_PC || index == THREAD_REG_PSTATE;
    bool is_time = index == REG_WORD_0 + FAULT_TIMEOUT_WORD_CONSUMED_NS || index == REG_WORD_0 + FAULT_TIMEOUT_WORD_PC;

    return (is_in_program && !agent_is_in_step(thread)) || is_left_by_fastpath(thread, index) ||
           (is_time && has_timeout(thread));
}

static uint64_t volatile_registers(uint32_t thread, const struct step *step)
{
    uint64_t words = 0;

    for (uint64_t i = 0; i < step->word[1] && i < WORDS_MAX; i++) {
        words |= (uint64_t)compare_is_volatile(thread, step->word[0] + i) << i;
    }
    return words;
}

static uint64_t words_of(const struct model_cap *cap, const struct step *step)
{
    uint64_t label = tag_label(step->tag);

    switch (cap->type) {
    case CAP_TYPE_SCHED_CONTEXT:
        return label == METHOD_SCHED_CONTEXT_CONSUMED ? 1ul << WORD_CONSUMED : 0;
    case CAP_TYPE_TCB:
        return label == METHOD_TCB_READ_REGISTERS ? volatile_registers(cap->object, step) : 0;
    case CAP_TYPE_VCPU:
        return guests_excuse(label, step);
    default:
        return 0;
    }
}

static bool tells_frame(const struct model_cap *cap, const struct step *step)
{
    bool is_look = cap->type == CAP_TYPE_CNODE && tag_label(step->tag) == METHOD_CNODE_INSPECT;
    const struct model_cap *seen = is_look ? model_cap_at(model_slot(cap->object, step->word[0])) : NULL;

    return seen != NULL && seen->type == CAP_TYPE_FRAME;
}

void compare_excuse(const struct step *step)
{
    const struct model_cap *cap = model_cap_at(model_lookup(model.current, step->cap));
    bool is_invocation = step->kind == STEP_SYSCALL && step->number == SYSCALL_CALL && cap != NULL;

    excused_words = is_invocation ? words_of(cap, step) : 0;
    is_frame_excused = is_invocation && tells_frame(cap, step);
    excused_thread = model.current;
}

static void take_over_word(uint32_t thread, uint64_t index)
{
    uint64_t reg = index < 7 ? REG_WORD_0 + index : 18;

    if (index < MESSAGE_REGISTER_WORDS) {
        model.thread[thread].reg[reg] = agent_result(thread)[reg];
        return;
    }
    volatile uint64_t *buffer = reach_buffer(model.thread[thread].buffer);
    if (buffer != NULL) {
        model_buffer_write(model.thread[thread].buffer, index, buffer[index]);
        reach_buffer_end();
    }
}

/** A message of the kernel's about time. */
static void take_over_timeout(uint32_t thread)
{
    if (has_timeout(thread)) {
        take_over_word(thread, FAULT_TIMEOUT_WORD_CONSUMED_NS);
        take_over_word(thread, FAULT_TIMEOUT_WORD_PC);
    }
}

void compare_take_over(uint32_t thread)
{
    struct model_thread *self = &model.thread[thread];

    take_over_timeout(thread);
    if (thread != excused_thread || self->reg[0] != SEL_ERROR_OK || agent_result(thread)[0] != SEL_ERROR_OK) {
        return;
    }
    if (is_frame_excused &&
        compare_frame_words(agent_result(thread)[REG_WORD_0 + WORD_SECOND], self->reg[REG_WORD_0 + WORD_SECOND])) {
        take_over_word(thread, WORD_SECOND);
    }
    for (uint64_t i = 0; i < tag_length(self->reg[1]) && i < WORDS_MAX; i++) {
        if ((excused_words >> i & 1) != 0) {
            take_over_word(thread, i);
        }
    }
}

void compare_result(uint32_t thread)
{
    const uint64_t *found = agent_result(thread);
    const uint64_t *wanted = model.thread[thread].reg;

    for (uint64_t i = 0; i <= 30; i++) {
        same("register of a thread behind its step", thread, i, found[i], wanted[i]);
    }
    same("NZCV of a thread behind its step", thread, THREAD_REG_PSTATE, found[AREA_NZCV], wanted[THREAD_REG_PSTATE]);
    same("TPIDR_EL0 of a thread behind its step", thread, THREAD_REG_TPIDR_EL0, found[AREA_TPIDR],
         wanted[THREAD_REG_TPIDR_EL0]);
}
