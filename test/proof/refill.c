/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: charging, giving up and activating refills keeps B1 (amounts sum to the budget: time is neither created nor lost) and B2
 *           (refills are in order and do not overlap); no sum overflows and no difference falls below zero
 * bounds: one step from any state that keeps B1 and B2, with at most 2 refills before it, 2 or 3 the most there may be; any budget and
 *         period the ABI allows on a counter of up to 1 GHz; a clock of 56 bits; a use of less than the budget (the timer ends it with the
 *         head refill, what is more is latency). More refills repeat the same loops; uses of whole budgets are left to the unit tests
 * unwind: 4 charge_budget.0:2
 * budget: full
 * options: --unsigned-overflow-check --paths lifo --external-sat-solver cadical
 * hint: kernel/sched/refill.c: 'return context->budget == context->period;' -> 'return is_slice(context->budget, context->period);'
 * hint: kernel/sched/refill.c: 'uint64_t count = used / context->budget;' -> 'uint64_t count = whole_budgets(used, context->budget);'
 * twin: kernel/sched/refill.c: 'head->release += used;\n        head->amount -= used;' -> 'head->release += used;': breaks 'B1'
 * twin: kernel/sched/refill.c: 'last->release = used.release - last->amount;' -> 'last->release = used.release - 2 * last->amount;': breaks 'B2'
 */
#include "test/proof/lib/proof.h"

#define PERIOD_MAX SEL_LIMIT_PERIOD_NS_MAX /* in ticks of 1 ns */
#define CLOCK_END  (UINT64_C(1) << 56)

#include "test/proof/lib/refill.h"

static void prove_kept(void)
{
    PROVE(sum() == context.budget, "B1: the amounts sum to the budget");
    PROVE(is_in_order(), "B2: refills are in order and do not overlap");
    PROVE(1 <= context.refill_count && context.refill_count <= context.refill_max,
          "there are as many refills as there may be");
}

static void prove_charge(void)
{
    any_context();
    uint64_t used = any_below(context.budget);
    uint64_t now = at(0)->release + used; /* refill_activate() saw to it */

    bool must_stop = refill_charge(&context, used, now);

    prove_kept();
    PROVE(must_stop == (refill_release(&context) > now), "it stops if, and only if, the head refill is still to come");
    if (must_stop) {
        REACHED("a charge that stops");
    } else {
        REACHED("a charge that goes on");
    }
}

static void prove_give_up(void)
{
    any_context();
    uint64_t now = any_below(CLOCK_END);
    ASSUME(refill_release(&context) <= now);

    bool must_stop = refill_give_up(&context, now);

    prove_kept();
    PROVE(must_stop == (refill_release(&context) > now), "it stops if, and only if, the head refill is still to come");
    REACHED("the end of giving up");
}

static void prove_activate(void)
{
    any_context();
    uint64_t now = any_below(CLOCK_END);
    ASSUME(refill_release(&context) <= now);

    refill_activate(&context, now);

    prove_kept();
    PROVE(refill_release(&context) == now, "a use counts from its beginning");
    REACHED("the end of activation");
}

/** One of the three, or the paths through each would go on through the next. */
void proof(void)
{
    uint64_t operation = any_below(3);
    if (operation == 0) {
        prove_charge();
    } else if (operation == 1) {
        prove_give_up();
    } else {
        prove_activate();
    }
}
