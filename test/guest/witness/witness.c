/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A native process beside a hostile guest: each round does what a guest's left-over EL1 registers could change (unaligned and
 * multi-byte loads, thread registers, cache maintenance, zeroing, counter reads, the FPU's registers kept over a sleep) and folds it into a
 * sum. Rounds are all the same, so must their sums be. It sleeps between rounds, so that every round starts with a switch away from
 * the guest, runs above it and never ends: whoever runs it decides when enough was seen.
 */
#include "sel/format.h"
#include "sel/sel.h"

#define ROUNDS_TOLD 100u
#define SLEEP_NS    (20 * SEL_NS_PER_MS)
#define MEMORY_SIZE 512u
#define FPU_BYTES   512u

SEL_USES_CAP(timer);
SEL_USES_BIT(timer);

static uint8_t memory[MEMORY_SIZE] __attribute__((aligned(512)));
static uint64_t pattern[FPU_BYTES / 8];
static uint64_t found[FPU_BYTES / 8];

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
    __asm__ volatile("dc cvac, %0\n dc zva, %1\n dsb sy" : : "r"(memory), "r"(memory + MEMORY_SIZE / 2) : "memory");
    for (unsigned i = 0; i < MEMORY_SIZE; i += 8) {
        sum = fold(sum, *(volatile uint64_t *)(memory + i));
    }
    return fold(fold(sum, cache_type), zeroing);
}

/* TPIDR_EL0 is this thread's own, TPIDRRO_EL0 nobody's; CNTPCT_EL0 must be readable and go forward. */
static uint64_t thread_state(uint64_t sum)
{
    static uint64_t last_count;
    uint64_t thread, read_only, count;
    __asm__ volatile("mrs %0, tpidr_el0\n mrs %1, tpidrro_el0\n isb\n mrs %2, cntpct_el0"
                     : "=r"(thread), "=r"(read_only), "=r"(count));
    bool is_forward = count >= last_count;
    last_count = count;
    return fold(fold(fold(sum, thread), read_only), is_forward);
}

#define EACH_VECTOR(operation)                                                                                         \
    operation " {v0.2d-v3.2d}, [%0], #64\n" operation " {v4.2d-v7.2d}, [%0], #64\n" operation                          \
              " {v8.2d-v11.2d}, [%0], #64\n" operation " {v12.2d-v15.2d}, [%0], #64\n" operation                       \
              " {v16.2d-v19.2d}, [%0], #64\n" operation " {v20.2d-v23.2d}, [%0], #64\n" operation                      \
              " {v24.2d-v27.2d}, [%0], #64\n" operation " {v28.2d-v31.2d}, [%0], #64\n"

/* This program and its libraries are compiled without FPU: what is in it stays there. */
static void fpu_fill(void)
{
    const uint64_t *at = pattern;
    __asm__ volatile(".arch_extension simd\n" EACH_VECTOR("ld1") "msr fpcr, %1\n msr fpsr, %1"
                     : "+r"(at)
                     : "r"(0ul)
                     : "memory");
}

static uint64_t fpu_state(uint64_t sum)
{
    uint64_t *at = found;
    uint64_t control, status;
    __asm__ volatile(".arch_extension simd\n" EACH_VECTOR("st1") "mrs %1, fpcr\n mrs %2, fpsr"
                     : "+r"(at), "=&r"(control), "=&r"(status)
                     :
                     : "memory");
    for (unsigned i = 0; i < FPU_BYTES / 8; i++) {
        sum = fold(sum, found[i]);
    }
    return fold(fold(sum, control), status);
}

static uint64_t round_sum(void)
{
    for (unsigned i = 0; i < MEMORY_SIZE; i++) {
        memory[i] = (uint8_t)(i * 7 + 1);
    }
    return fpu_state(thread_state(maintenance(unaligned_loads(0))));
}

static void print_rounds(const char *what, uint64_t rounds, uint64_t sum)
{
    char bytes[80];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));
    sel_text_string(&line, what);
    sel_text_decimal(&line, rounds);
    sel_text_string(&line, " sum ");
    sel_text_hex(&line, sum);
    sel_text_string(&line, "\n");
    sel_console_print(bytes);
}

int main(void)
{
    uint64_t first = 0;
    for (unsigned i = 0; i < FPU_BYTES / 8; i++) {
        pattern[i] = 0x0123456789abcdefull * (i + 1);
    }
    for (uint64_t round = 1;; round++) {
        fpu_fill();
        if (!sel_sleep_until(sel_cap_timer, sel_bit_timer,
                             sel_clock_ticks() + sel_ns_to_ticks(SLEEP_NS, sel_clock_frequency_hz()))) {
            return 1;
        }
        uint64_t sum = round_sum();
        first = round == 1 ? sum : first;
        if (sum != first) {
            print_rounds("witness: DIFFERS in round ", round, sum);
        } else if (round % ROUNDS_TOLD == 0) {
            print_rounds("witness: rounds ", round, sum);
        }
    }
}
