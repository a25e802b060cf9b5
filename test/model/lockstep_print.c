/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sequences for people: one readable line a step, and a CMocka test that can be put into a file as it is.
 */
#include <stdarg.h>
#include <stdio.h>

#include "gen/model_names.h"
#include "test/model/lockstep.h"

struct line {
    char *at;
    size_t left;
};

__attribute__((format(printf, 2, 3))) static void say(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line->at, line->left, format, arguments);
    va_end(arguments);
    size_t used = length < 0 ? 0 : (size_t)length < line->left ? (size_t)length : line->left - 1;
    line->at += used;
    line->left -= used;
}

/** A Call on a kernel object has a method's name, as far as the state now says. */
static const char *method_name(const struct step *step)
{
    struct model_place place = {MODEL_IN_CNODE, model_cspace(model.current), (uint32_t)step->cap};
    const struct model_cap *cap = step->cap < UINT32_MAX && model.current != 0 ? model_cap_at(place) : NULL;
    uint64_t label = tag_label(step->tag);
    return cap != NULL && label < NAMED_LABELS ? METHOD_NAMES[cap->type][label] : NULL;
}

static void say_syscall(struct line *line, const struct step *step)
{
    const char *method = step->number == SYSCALL_CALL ? method_name(step) : NULL;
    const char *name = step->number < NAMED_SYSCALLS ? SYSCALL_NAMES[step->number] : NULL;
    uint64_t length = tag_length(step->tag);
    if (step_is_repeated()) {
        say(line, "goes on with the system call it was preempted in");
        return;
    }
    if (method != NULL) {
        say(line, "%s(%lu", method, step->cap);
    } else if (name != NULL) {
        say(line, "%s(%lu, label %lu", name, step->cap, tag_label(step->tag));
    } else {
        say(line, "system call %u(%lu", step->number, step->cap);
    }
    for (uint64_t i = 0; i < length && i < 8; i++) {
        say(line, step->word[i] < 10000 ? ", %lu" : ", 0x%lx", step->word[i]);
    }
    say(line, length > 8 ? ", ... %lu words)" : ")", length);
    if (tag_caps(step->tag) != 0) {
        say(line, " with %lu capabilities", tag_caps(step->tag));
    }
    if (method == NULL && step->reply != 0) {
        say(line, " reply %lu", step->reply);
    }
    if (step->number == SYSCALL_NB_SEND_RECV) {
        say(line, " from %lu", step->second);
    }
    for (unsigned int i = 0; i < step->buffer_count; i++) {
        say(line, " buffer[%lu]=0x%lx", step->buffer_index[i], step->buffer_word[i]);
    }
}

void lockstep_print_step(const struct step *step, char *text, size_t limit)
{
    struct line line = {.at = text, .left = limit};
    say(&line, "after %u ticks%s: thread %u ", step->ticks, (step->flags & STEP_LATE) != 0 ? " (late)" : "",
        model.current);
    switch (step->kind) {
    case STEP_SYSCALL:
        say_syscall(&line, step);
        break;
    case STEP_FAULT:
        say(&line, "faults: %u (0x%lx, 0x%lx, ...)", step->number, step->word[0], step->word[1]);
        break;
    case STEP_IRQ:
        say(&line, "runs, interrupt %u is raised", step->number);
        break;
    case STEP_DEADLINE:
        say(&line, "runs, a waiting guest's timer is due in %lu ticks", step->word[0]);
        break;
    default:
        say(&line, "runs");
    }
    if (step->preempt_after != 0) {
        say(&line, "; interrupt %u comes at preemption point %u", step->preempt_irq, step->preempt_after);
    }
    if ((step->flags & STEP_LONG_WAY) != 0) {
        say(&line, "; no fastpath");
    }
    if ((step->flags & STEP_FROM_NOW) != 0) {
        say(&line, "; the first word counts from now");
    }
}

/* --- as a test --- */

static void print_words(const char *name, const uint64_t *word, unsigned int count)
{
    unsigned int used = count;
    while (used > 0 && word[used - 1] == 0) {
        used--;
    }
    if (used == 0) {
        return;
    }
    printf(", .%s = {", name);
    for (unsigned int i = 0; i < used; i++) {
        printf(i == 0 ? "0x%lx" : ", 0x%lx", word[i]);
    }
    printf("}");
}

static void print_number(const char *name, uint64_t value)
{
    if (value != 0) {
        printf(value < 10 ? ", .%s = %lu" : ", .%s = 0x%lx", name, value);
    }
}

static void print_fields(const struct step *step)
{
    printf("        {.kind = %u", step->kind);
    print_number("number", step->number);
    print_number("flags", step->flags);
    print_number("preempt_after", step->preempt_after);
    print_number("preempt_irq", step->preempt_irq);
    print_number("exit_state", step->exit_state);
    print_number("ticks", step->ticks);
    print_number("cap", step->cap);
    print_number("tag", step->tag);
    print_number("reply", step->reply);
    print_number("second", step->second);
    print_words("word", step->word, 8);
    print_number("buffer_count", step->buffer_count);
    if (step->buffer_count != 0) {
        print_words("buffer_index", step->buffer_index, step->buffer_count);
        print_words("buffer_word", step->buffer_word, step->buffer_count);
    }
    printf("},\n");
}

void lockstep_print_test(const struct step *steps, size_t count, const char *name)
{
    printf("static void %s(void **state)\n{\n    (void)state;\n    static const struct step steps[] = {\n", name);
    for (size_t i = 0; i < count; i++) {
        print_fields(&steps[i]);
    }
    printf("    };\n    assert_agree(steps, sizeof(steps) / sizeof(steps[0]));\n}\n\n");
    printf("        cmocka_unit_test(%s),\n", name);
}
