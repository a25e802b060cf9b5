/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shrinking a sequence that differs: leave out steps, in ever smaller groups, then whatever a step says beyond need, as long as some
 * difference remains.
 */
#include <string.h>

#include "test/model/lockstep.h"

#define STEPS_MAX 4096
#define RUNS_MAX  20000

static unsigned int runs;

/** Whether it still differs; `count` becomes the number of steps up to the difference. */
static bool differs(const struct step *steps, size_t *count)
{
    size_t at = 0;
    if (runs++ > RUNS_MAX || lockstep_run(steps, *count, &at) != LOCKSTEP_DIFFER) {
        return false;
    }
    *count = at + 1;
    return true;
}

static struct step trial[STEPS_MAX];

/** Make the trial of all steps but those. */
static size_t leave_out(const struct step *steps, size_t count, size_t from, size_t length)
{
    memcpy(trial, steps, from * sizeof(*steps));
    memcpy(trial + from, steps + from + length, (count - length - from) * sizeof(*steps));
    return count - length;
}

/** Take the trial if it still differs. */
static bool take(struct step *steps, size_t *count, size_t kept)
{
    if (!differs(trial, &kept)) {
        return false;
    }
    memcpy(steps, trial, kept * sizeof(*steps));
    *count = kept;
    return true;
}

static bool without(struct step *steps, size_t *count, size_t from, size_t length)
{
    return take(steps, count, leave_out(steps, *count, from, length));
}

/** An operation that is preempted goes on in a step of its own: neither can be left out alone. */
static bool without_preemption(struct step *steps, size_t *count, size_t at)
{
    if (steps[at].preempt_after == 0 || at + 1 >= *count) {
        return false;
    }
    size_t kept = leave_out(steps, *count, at + 1, 1);
    trial[at].preempt_after = 0;
    trial[at].preempt_irq = 0;
    return take(steps, count, kept);
}

static bool shrink_steps(struct step *steps, size_t *count)
{
    bool is_shorter = false;
    for (size_t length = *count / 2; length > 0; length /= 2) {
        for (size_t from = 0; from + length <= *count;) {
            if (without(steps, count, from, length)) {
                is_shorter = true;
            } else {
                from += length;
            }
        }
    }
    return is_shorter;
}

static bool shrink_preemptions(struct step *steps, size_t *count)
{
    bool is_shorter = false;
    for (size_t at = 0; at < *count; at++) {
        is_shorter |= without_preemption(steps, count, at);
    }
    return is_shorter;
}

/** The step with something else in place of `bytes` at `offset`, if that keeps the difference. */
static bool replace(struct step *steps, size_t *count, size_t at, size_t offset, size_t bytes, uint64_t value)
{
    struct step before = steps[at];
    bool is_same = memcmp((const uint8_t *)&before + offset, &value, bytes) == 0;
    memcpy((uint8_t *)&steps[at] + offset, &value, bytes);
    size_t length = *count;
    if (!is_same && differs(steps, &length)) {
        *count = length;
        return true;
    }
    steps[at] = before;
    return false;
}

#define REPLACE(field, value) replace(steps, count, i, offsetof(struct step, field), sizeof(steps[i].field), value)

static bool shrink_numbers(struct step *steps, size_t *count)
{
    bool is_simpler = false;
    for (size_t i = 0; i < *count; i++) {
        is_simpler |= REPLACE(ticks, 0) || (steps[i].ticks > 1 && REPLACE(ticks, 1));
        is_simpler |= REPLACE(preempt_after, 0);
        is_simpler |= REPLACE(preempt_irq, 0);
        is_simpler |= REPLACE(flags, 0);
        is_simpler |= REPLACE(buffer_count, 0);
        is_simpler |= REPLACE(exit_state, MODEL_READY);
        if (i < *count && steps[i].kind == STEP_SYSCALL) {
            is_simpler |= REPLACE(reply, 0);
            is_simpler |= REPLACE(second, 0);
        }
        for (unsigned int w = 0; i < *count && w < 8; w++) {
            is_simpler |=
                steps[i].word[w] != 0 && (REPLACE(word[w], 0) || (steps[i].word[w] > 1 && REPLACE(word[w], 1)));
        }
    }
    return is_simpler;
}

size_t lockstep_shrink(struct step *steps, size_t count)
{
    runs = 0;
    if (count > STEPS_MAX || !differs(steps, &count)) {
        return count;
    }
    for (unsigned int left = 6; left > 0; left--) {
        bool is_changed = shrink_steps(steps, &count);
        is_changed = shrink_numbers(steps, &count) || is_changed;
        if ((!is_changed || left == 1) && !shrink_preemptions(steps, &count)) {
            break;
        }
    }
    (void)lockstep_run(steps, count, NULL);
    return count;
}
