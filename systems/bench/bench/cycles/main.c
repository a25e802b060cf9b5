/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The benchmark on a board: the native rows, with the processor's cycle counter read in the programs (readings.inc). Where the counter means
 * nothing, a sentence instead. Guests cannot read it, so their rows are not here; neither are the rows of many descendants and much memory.
 */
#include "gen/platform.h"
#include "systems/bench/bench/cycles/counter.h"
#include "systems/bench/bench/cycles/readings.h"
#include "systems/bench/bench/rows.h"
#include "systems/bench/bench/stage.h"

#define PSCI_SYSTEM_OFF 0x84000008ull /* Arm DEN 0022, 5.1 */
#define PROBES          100
#define SLEEP_US        10000
#define READINGS_US     4000

SEL_USES_CAP(smc);

PROGRAMS(reading_programs);

typedef uint64_t probe_t(void);

probe_t probe_nothing;
probe_t probe_additions;
probe_t probe_divisions;

static struct counter_range probe(probe_t *chain)
{
    struct counter_range range = {.least = UINT64_MAX};

    (void)chain(); /* into the caches */
    for (uint64_t i = 0; i < PROBES; i++) {
        uint64_t whole = chain();
        uint64_t reading = probe_nothing();
        uint64_t count = whole > reading ? whole - reading : 0;
        range.least = count < range.least ? count : range.least;
        range.most = count > range.most ? count : range.most;
    }
    return range;
}

static uint64_t counter(void)
{
    uint64_t value;

    __asm__ volatile("isb\n\tmrs %0, pmccntr_el0" : "=r"(value)::"memory");
    return value;
}

static enum counter_kind counter_kind(void)
{
    struct counter_facts facts = {
        .is_emulators_board = PLATFORM_IS_EMULATED != 0,
        .additions = probe(probe_additions),
        .divisions = probe(probe_divisions),
    };
    uint64_t count = counter();
    uint64_t ns = sel_clock_ns();

    stage_run_us(SLEEP_US);
    facts.sleep_count = counter() - count;
    facts.sleep_ns = sel_clock_ns() - ns;
    return counter_judge(&facts);
}

static void run_reading_row(void)
{
    PROGRAM(program_reading);

    stage_clear();
    struct stage_thread thread =
        STAGE_THREAD(stage_space(&reading_programs_pages), program_reading, STAGE_PRIORITY, 0, 0);
    stage_start(&thread);
    stage_run_us(READINGS_US);
    stage_clear();
}

static void run_rows(void)
{
    sel_console_print(
        "bench: the row `reading` is the cost of reading the counter; its median is taken off all other rows\n"
        "row                              repetitions     minimum        50 %        90 %        99 %     maximum\n");
    readings_open();
    run_reading_row();
    run_ipc_rows();
    run_object_rows();
    run_interrupt_rows();
    sel_console_print("bench: all rows are done\n");
}

int main(void)
{
    static const char *const words[] = {
        [COUNTER_CYCLES] = "bench: in cycles of this processor (PMCCNTR_EL0), of kernel and processes together\n",
        [COUNTER_INSTRUCTIONS] =
            "bench: under an emulator that counts instructions (QEMU's -icount shift=0): the numbers are "
            "instructions' virtual time, not cycles\n",
        [COUNTER_CLOCK] =
            "bench: no cycles are printed: this is an emulator, whose cycle counter follows the host's clock and says "
            "nothing about a processor; `./sel bench` counts instructions instead, and cycles are read on a real "
            "board\n",
        [COUNTER_STOPPED] =
            "bench: no cycles are printed: the cycle counter stands still; the board's firmware keeps it from "
            "counting, or the processor has none that counts here\n",
    };
    enum counter_kind kind = counter_kind();
    uint64_t unused[4];

    sel_console_print(words[kind]);
    if (kind == COUNTER_CYCLES || kind == COUNTER_INSTRUCTIONS) {
        run_rows();
    }
    (void)sel_smc_call(sel_cap_smc, PSCI_SYSTEM_OFF, 0, 0, 0, 0, 0, 0, 0, &unused[0], &unused[1], &unused[2],
                       &unused[3]);
    return 1;
}
