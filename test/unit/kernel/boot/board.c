/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board: RAM, registers, the machine's functions that booting calls, and the process it runs in.
 */
#include "test/unit/kernel/boot/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/arch/aarch64/machine.h"
#include "kernel/arch/fake/fake.h"
#include "kernel/debug/panic.h"
#include "kernel/sched/sched.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define GUARD       0x40270000ul
#define KERNEL_END  0x40280000ul
#define CURRENT_EL2 8
#define CRC_POLY    0xedb88320u /* reflected, as CRC32X */

struct board board;
struct board_outcome *outcome;
struct board_registers board_registers;
struct board_registers board_stuck;

extern char (*board_kernel_start)[], (*board_text_end)[], (*board_rodata_end)[], (*board_kernel_end)[],
    (*board_stack_guard)[], (*board_vectors)[];
char (*board_kernel_start)[], (*board_text_end)[], (*board_rodata_end)[], (*board_kernel_end)[], (*board_stack_guard)[],
    (*board_vectors)[];

_Noreturn void boot_main(uint64_t fdt, uint64_t current_el);
_Noreturn void boot_enter(void);

/* --- what booting asks of the machine --- */

void mmu_map(uint64_t start, uint64_t end, uint64_t attributes)
{
    boot_require(outcome->mapping_count < board.map_max, "RAM is in too many pieces");
    outcome->mapping[outcome->mapping_count++] = (struct board_mapping){start, end, attributes};
}

void mmu_enable(void)
{
    outcome->is_mmu_on = 1;
}

void vmid_init(void)
{
}

void fpu_close(void)
{
}

void guest_init(void)
{
}

void gic_init(void)
{
}

void fpu_load(const struct arch_fpu_state *state)
{
    (void)state;
}

void arch_panic_dump(void)
{
    if (board.dump_panics) {
        panic("second", "b.c", 2);
    }
}

uint32_t board_crc32x(uint32_t crc, uint64_t word)
{
    for (unsigned int bit = 0; bit < 64; bit++) {
        uint32_t is_set = (crc ^ (uint32_t)(word >> bit)) & 1;
        crc = crc >> 1 ^ (is_set ? CRC_POLY : 0);
    }
    return crc;
}

/* --- the process --- */

/* NOLINTBEGIN(bugprone-signal-handler): SIGABRT is abort()'s own, raised where arch/fake halts, not at any time. */
static void take_outcome(enum board_end end)
{
    struct region region;
    outcome->end = end;
    memcpy(outcome->console, fake.console, sizeof(fake.console));
    outcome->cache_count = fake.cache_count;
    for (uint64_t i = 0; i < 20 && (region = memory_ram[i]).end != 0; i++) {
        outcome->ram[i] = region;
    }
    for (uint64_t i = 0; i < 64 && (region = memory_free[i]).end != 0; i++) {
        outcome->free[i] = region;
    }
    exit(0); /* coverage is written here */
}

static void on_halt(int number)
{
    (void)number;
    take_outcome(BOARD_HALTED);
}
/* NOLINTEND(bugprone-signal-handler) */

_Noreturn void boot_enter(void)
{
    outcome->current = sched_pick();
    take_outcome(BOARD_ENTERED);
    abort();
}

void board_run(void (*function)(void))
{
    memset(outcome, 0, sizeof(*outcome));
    outcome->end = BOARD_DIED;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, on_halt); /* how arch/fake halts */
        fake_reset();
        function();
        take_outcome(BOARD_LEFT);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_not_equal(outcome->end, BOARD_DIED);
}

static void boot(void)
{
    boot_main(board.tree, board.current_el);
}

void board_boot(void)
{
    board_run(boot);
}

const char *board_problem(void)
{
    static const char before[] = "selvedge cannot start: ";
    char *problem = strstr(outcome->console, before);
    if (problem == NULL) {
        assert_int_equal(outcome->end, BOARD_LEFT);
        return NULL;
    }
    assert_int_equal(outcome->end, BOARD_HALTED);
    problem += strlen(before);
    problem[strcspn(problem, "\r")] = '\0';
    return problem;
}

/* --- a board that is right --- */

void board_kernel_at(uint64_t start)
{
    board_kernel_start = (char(*)[])start;
    board_text_end = (char(*)[])(start + 0x10000);
    board_rodata_end = (char(*)[])(start + 0x12000);
    board_stack_guard = (char(*)[])GUARD;
    board_kernel_end = (char(*)[])KERNEL_END;
    board_vectors = (char(*)[])(start + 0x800);
}

struct payload *board_payload(void)
{
    return (struct payload *)BOARD_PAYLOAD;
}

static void payload_new(void)
{
    *board_payload() = (struct payload){.magic = 0x53454c5650415931ul,
                                        .size = 0x40000,
                                        .entry = 0x10000040,
                                        .base = 0x10000000,
                                        .file_size = 0x5000,
                                        .memory_size = 0x7000,
                                        .image_offset = 0x1000,
                                        .spec_offset = 0x8000,
                                        .spec_size = 0x123,
                                        .stack_size = 0x4000,
                                        .writable_from = 0x10003000,
                                        .slot_bits = 12};
}

static void tree_new(void)
{
    tree_begin(BOARD_TREE);
    tree_node("");
    tree_words("#address-cells", 2);
    tree_words("#size-cells", 2);
    tree_node("memory@40000000");
    tree_words("reg", 0, (uint32_t)BOARD_RAM, 0, (uint32_t)BOARD_RAM_BYTES);
    tree_end();
    tree_end();
    tree_finish();
}

int board_new(void **state)
{
    (void)state;
    void *ram = mmap((void *)BOARD_RAM, BOARD_RAM_BYTES, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ram != (void *)BOARD_RAM || outcome == MAP_FAILED) {
        return -1;
    }
    board = (struct board){.current_el = CURRENT_EL2, .tree = BOARD_TREE, .map_max = BOARD_MAP_COUNT};
    board_stuck = (struct board_registers){0};
    board_registers = (struct board_registers){.id_aa64dfr0_el1 = 1ul << 8, .id_aa64isar0_el1 = 1ul << 16};
    board_kernel_at(BOARD_KERNEL);
    payload_new();
    tree_new();
    return 0;
}

int board_delete(void **state)
{
    (void)state;
    return munmap((void *)BOARD_RAM, BOARD_RAM_BYTES) | munmap(outcome, sizeof(*outcome));
}
