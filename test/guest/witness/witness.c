/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A native process beside a hostile guest: each round does what a guest's left-over EL1 registers could change (unaligned and
 * multi-byte loads, thread register, cache maintenance, zeroing, counter reads), folds it into a sum and prints it. It sleeps between
 * rounds, so that every round starts with a switch away from the guest. The sums depend on nothing but the program.
 */
#include "sel/format.h"
#include "sel/sel.h"

#define ROUNDS      200u
#define SLEEP_NS    (10 * SEL_NS_PER_MS)
#define MEMORY_SIZE 4096u

SEL_USES_CAP(timer);
SEL_USES_BIT(timer);

static uint8_t memory[MEMORY_SIZE] __attribute__((aligned(4096)));

static uint64_t fold(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * 0x100000001b3ull;
}

/* SCTLR_EL1.A and .E0E would show here. */
static uint64_t unaligned_loads(uint64_t sum)
{
    for (unsigned offset = 0; offset < 64; offset++) {
        uint64_t doubleword, word, half;
        __asm__ volatile("ldr %0, [%3]\n ldr %w1, [%3, #9]\n ldrh %w2, [%3, #17]"
                         : "=&r"(doubleword), "=&r"(word), "=&r"(half)
                         : "r"(memory + offset)
                         : "memory");
        sum = fold(fold(fold(sum, doubleword), word), half);
    }
    return sum;
}

/* SCTLR_EL1.UCI, .DZE and .UCT would trap here; TCR_EL1.TBI0 changes nothing, addresses are untagged. */
static uint64_t maintenance(uint64_t sum)
{
    uint64_t cache_type, zeroing;
    __asm__ volatile("mrs %0, ctr_el0\n mrs %1, dczid_el0" : "=r"(cache_type), "=r"(zeroing));
    __asm__ volatile("dc cvac, %0\n dc zva, %1\n dsb sy" : : "r"(memory), "r"(memory + 2048) : "memory");
    for (unsigned i = 0; i < MEMORY_SIZE; i += 8) {
        sum = fold(sum, *(volatile uint64_t *)(memory + i));
    }
    return fold(fold(sum, cache_type), zeroing);
}

/* TPIDR_EL0 is this thread's own; CNTPCT_EL0 must be readable and go forward. */
static uint64_t thread_state(uint64_t sum, uint64_t *last_count)
{
    uint64_t thread, count;
    __asm__ volatile("mrs %0, tpidr_el0\n isb\n mrs %1, cntpct_el0" : "=r"(thread), "=r"(count));
    bool is_forward = count >= *last_count;
    *last_count = count;
    return fold(fold(sum, thread), is_forward);
}

static void print_round(uint64_t round, uint64_t sum)
{
    char bytes[64];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));
    sel_text_string(&line, "witness: round ");
    sel_text_decimal(&line, round);
    sel_text_string(&line, " sum ");
    sel_text_hex(&line, sum);
    sel_text_string(&line, "\n");
    sel_console_print(bytes);
}

int main(void)
{
    uint64_t sum = 0, last_count = 0;
    uint64_t deadline = sel_clock_ticks();
    for (unsigned round = 1; round <= ROUNDS; round++) {
        for (unsigned i = 0; i < MEMORY_SIZE; i++) {
            memory[i] = (uint8_t)(i * 7 + round);
        }
        sum = thread_state(maintenance(unaligned_loads(sum)), &last_count);
        print_round(round, sum);
        deadline += sel_ns_to_ticks(SLEEP_NS, sel_clock_frequency_hz());
        if (!sel_sleep_until(sel_cap_timer, sel_bit_timer, deadline)) {
            return 1;
        }
    }
    sel_console_print("witness: done\n");
    return 0;
}
