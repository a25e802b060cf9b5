/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIMD state, which the kernel switches lazily: each thread finds its own, whoever used the registers in between.
 */
#include "capture.h"
#include "test/system/lib/check.h"
#include "test/system/lib/world.h"
#include "tests.h"

#define FPCR_ROUND_UP   (1ull << 22)
#define FPSR_CUMULATIVE 0x1full

static struct capture_simd found[2];
static volatile uint64_t phase;

static struct capture_simd pattern(uint64_t owner)
{
    struct capture_simd state = {.fpcr = owner == 1 ? FPCR_ROUND_UP : 0, .fpsr = owner == 1 ? 0 : FPSR_CUMULATIVE};

    for (uint64_t i = 0; i < 64; i++) {
        state.q[i] = owner << 56 | 0x00abcd00 | i;
    }
    return state;
}

static void expect_pattern(const struct capture_simd *state, uint64_t owner)
{
    struct capture_simd wanted = pattern(owner);

    for (uint64_t i = 0; i < 64; i++) {
        CHECK_EQUAL(state->q[i], wanted.q[i]);
    }
    CHECK_EQUAL(state->fpcr, wanted.fpcr);
    CHECK_EQUAL(state->fpsr, wanted.fpsr);
}

static struct world_thread *start_user(void (*run)(void *), uint64_t owner)
{
    struct world_thread *thread = world_thread(run, (void *)owner, WORLD_PRIORITY - 10);

    if (sel_tcb_set_features(thread->tcb, TCB_FEATURE_FPU) != SEL_ERROR_OK) {
        check_fail(__FILE__, __LINE__, "allow SIMD");
    }
    world_start(thread);
    return thread;
}

/** Loads its pattern, lets the others run many times, and stores what it finds. */
static void use_in_turns(void *argument)
{
    uint64_t owner = (uintptr_t)argument;
    struct capture_simd state = pattern(owner);

    capture_simd_load(&state);
    for (uint64_t i = 0; i < 10; i++) {
        (void)sel_yield(); /* both have the same priority */
    }
    capture_simd_store(&found[owner - 1]);
}

void simd_state_survives_other_users(void)
{
    struct world_thread *first = start_user(use_in_turns, 1);
    struct world_thread *second = start_user(use_in_turns, 2);

    world_join(first);
    world_join(second);
    expect_pattern(&found[0], 1);
    expect_pattern(&found[1], 2);
}

static void store_only(void *argument)
{
    (void)argument;
    capture_simd_store(&found[0]);
}

void a_new_user_finds_clean_simd_state(void)
{
    struct capture_simd mine = pattern(1);

    capture_simd_load(&mine); /* main uses SIMD as well */
    struct world_thread *thread = start_user(store_only, 1);
    world_join(thread);
    for (uint64_t i = 0; i < 64; i++) {
        CHECK_EQUAL(found[0].q[i], 0);
    }
    CHECK_EQUAL(found[0].fpcr, 0);
    CHECK_EQUAL(found[0].fpsr, 0);
}

static void load_only(void *argument)
{
    struct capture_simd state = pattern((uintptr_t)argument);

    capture_simd_load(&state);
}

/** Whoever takes SIMD away from a thread goes straight on: with its own registers, not with what was just saved. */
void taking_simd_away_shows_nobody_its_registers(void)
{
    struct capture_simd mine = pattern(1);

    capture_simd_load(&mine);
    struct world_thread *thread = start_user(load_only, 2);
    world_join(thread);
    CHECK_EQUAL(sel_tcb_set_features(thread->tcb, 0), SEL_ERROR_OK);
    capture_simd_store(&found[0]);
    expect_pattern(&found[0], 1);
}

static void use_until_over(void *argument)
{
    uint64_t owner = (uintptr_t)argument;
    struct capture_simd state = pattern(owner);

    capture_simd_load(&state);
    while (phase == 0) {
    }
    capture_simd_store(&found[owner - 1]);
}

void simd_state_survives_preemption(void)
{
    struct capture_simd mine = pattern(1);
    struct capture_simd state;

    phase = 0;
    struct world_thread *thread = start_user(use_until_over, 2);
    for (uint64_t i = 0; i < 10; i++) {
        capture_simd_load(&mine);
        world_sleep_ms(1);
        capture_simd_store(&state);
        expect_pattern(&state, 1);
    }
    phase = 1;
    world_join(thread);
    expect_pattern(&found[1], 2);
}
