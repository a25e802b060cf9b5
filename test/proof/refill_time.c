/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: no time is created: whatever of a budget was used is not there again until a period after the use began, however refills are
 *           joined, split and delayed
 * bounds: as refill.c, one charge within the head refill; periods of up to 2^5 ticks and a clock of 2^6: the code adds, subtracts and
 *         compares ticks and nothing else, so a larger unit has no other cases, and that nothing overflows is refill.c's
 * unwind: 4 charge_budget.0:2
 * budget: ci
 * options: --paths lifo
 * hint: kernel/sched/refill.c: 'return context->budget == context->period;' -> 'return is_slice(context->budget, context->period);'
 * hint: kernel/sched/refill.c: 'uint64_t count = used / context->budget;' -> 'uint64_t count = whole_budgets(used, context->budget);'
 * twin: kernel/sched/refill.c: '.release = head->release + context->period, .amount = used}' -> '.release = head->release + context->period - used, .amount = used}': breaks 'not there again'
 * twin: kernel/sched/refill.c: 'head.release += context->period;' -> ';': breaks 'not there again' (full)
 */
#include "test/proof/lib/proof.h"

#define PERIOD_MAX (UINT64_C(1) << 5)
#define CLOCK_END  (UINT64_C(1) << 6)

#include "test/proof/lib/refill.h"

/** What could have run by `time` if nothing else ran: of each refill as much as fits between its release and then. */
static uint64_t usable_by(uint64_t time)
{
    uint64_t usable = 0;
    for (uint64_t i = 0; i < AFTER_MAX; i++) {
        const struct refill *refill = at(i);
        uint64_t since = i < context.refill_count && time > refill->release ? time - refill->release : 0;
        usable += since < refill->amount ? since : refill->amount;
    }
    return usable;
}

void proof(void)
{
    any_context();
    uint64_t began = at(0)->release; /* refill_activate() saw to it */
    uint64_t used = any_below(at(0)->amount + 1);
    ASSUME(used < context.budget);
    uint64_t now = began + used;
    uint64_t time = now + any_below(PERIOD_MAX);
    ASSUME(time <= began + context.period);
    uint64_t usable_before = usable_by(time);

    bool must_stop = refill_charge(&context, used, now);

    PROVE(used + usable_by(time) <= usable_before, "what was used is not there again before a period has passed");
    if (must_stop) {
        REACHED("a charge that stops");
    } else {
        REACHED("a charge that goes on");
    }
}
