/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue of waiting threads against a sorted array, over random insertions and removals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/object/tcb.h"
#include "kernel/object/thread_queue.h"

#define THREAD_COUNT 64
#define STEP_COUNT   20000
#define SEED         20261122

static struct tcb threads[THREAD_COUNT];
static struct tcb *model[THREAD_COUNT];
static unsigned int model_count;
static uint64_t seed;

static uint64_t random_below(uint64_t bound)
{
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (seed >> 33) % bound;
}

static void model_insert(struct tcb *tcb)
{
    unsigned int at = model_count++;
    for (; at > 0 && model[at - 1]->priority < tcb->priority; at--) {
        model[at] = model[at - 1];
    }
    model[at] = tcb;
}

static void model_remove(unsigned int at)
{
    model_count--;
    for (; at < model_count; at++) {
        model[at] = model[at + 1];
    }
}

static void compare(const struct thread_queue *queue)
{
    const struct tcb *tcb = queue->head;
    for (unsigned int i = 0; i < model_count; i++) {
        assert_ptr_equal(tcb, model[i]);
        tcb = thread_queue_next(tcb);
    }
    assert_null(tcb);
}

/** Few priorities make long rings, many make long lists of leaders. */
static void random_history(uint64_t priority_count)
{
    struct thread_queue queue = {0};
    bool is_queued[THREAD_COUNT] = {0};
    model_count = 0;
    seed = SEED;
    for (unsigned int i = 0; i < THREAD_COUNT; i++) {
        thread_queue_init(&threads[i]);
    }
    for (unsigned int step = 0; step < STEP_COUNT; step++) {
        uint64_t i = random_below(THREAD_COUNT);
        if (!is_queued[i]) {
            threads[i].priority = (uint8_t)random_below(priority_count);
            thread_queue_insert(&queue, &threads[i]);
            model_insert(&threads[i]);
        } else {
            unsigned int at = 0;
            while (model[at] != &threads[i]) {
                at++;
            }
            thread_queue_remove(&queue, &threads[i]);
            model_remove(at);
            assert_null(threads[i].queue_next);
            assert_ptr_equal(threads[i].peer_next, &threads[i]);
        }
        is_queued[i] = !is_queued[i];
        compare(&queue);
    }
    while (model_count > 0) {
        thread_queue_remove(&queue, model[0]);
        model_remove(0);
        compare(&queue);
    }
}

static void one_priority(void **state)
{
    (void)state;
    random_history(1);
}

static void few_priorities(void **state)
{
    (void)state;
    random_history(4);
}

static void many_priorities(void **state)
{
    (void)state;
    random_history(256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_priority),
        cmocka_unit_test(few_priorities),
        cmocka_unit_test(many_priorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
