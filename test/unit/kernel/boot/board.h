/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A board for the tests of kernel/boot: RAM at its real address, a device tree and a payload that can be made wrong, and booting in a process
 * of its own, since it ends in a halt and starts from statics that are zero once.
 */
#pragma once

#include "kernel/boot/boot.h"

#define BOARD_RAM       0x40000000ul
#define BOARD_RAM_BYTES (64ul << 20)
#define BOARD_RAM_END   (BOARD_RAM + BOARD_RAM_BYTES)
#define BOARD_KERNEL    0x40200000ul
#define BOARD_PAYLOAD   0x40400000ul
#define BOARD_TREE      0x43f00000ul
#define BOARD_MAP_COUNT 32

enum board_end {
    BOARD_LEFT,    /* the function returned */
    BOARD_ENTERED, /* boot went through to the first process */
    BOARD_HALTED,  /* the machine was ended, after a sentence on the console */
    BOARD_DIED,    /* crashed: never right */
};

struct board_mapping {
    uint64_t start;
    uint64_t end;
    uint64_t kind;
};

/** What a boot left behind. RAM can be looked at, too. */
struct board_outcome {
    enum board_end end;
    char console[8192];
    struct region ram[20];
    struct region free[64];
    struct board_mapping mapping[BOARD_MAP_COUNT];
    uint64_t mapping_count;
    struct tcb *current;
    uint64_t is_mmu_on;
    uint64_t cache_count; /* how often a cache was maintained */
};

/** What the machine is like; board_new() sets everything to right. */
struct board {
    uint64_t current_el;
    uint64_t tree; /* address of the device tree */
    uint64_t map_max;
    bool dump_panics; /* the dump of a panic runs into a panic */
};

extern struct board board;
extern struct board_outcome *outcome;

/** For a test's setup and teardown: RAM with a tree and a payload. */
int board_new(void **state);
int board_delete(void **state);
struct payload *board_payload(void);
/** Run in a process of its own; the outcome is in `outcome`. */
void board_run(void (*function)(void));
/** Boot: boot_main with the board's values. */
void board_boot(void);
/** The sentence in which the boot says why it ended, or NULL. */
const char *board_problem(void);
void board_kernel_at(uint64_t start);

/* --- the device tree, token by token --- */

void tree_begin(uint64_t address);
void tree_word(uint32_t word);
void tree_node(const char *name);
void tree_end(void);
void tree_property(const char *name, const uint32_t *values, uint64_t count);
/** Put the strings and the header around it. */
void tree_finish(void);
/** Change a word of the finished header. */
void tree_header(uint64_t index, uint32_t word);
uint32_t tree_size(void);

#define tree_words(name, ...)                                                                                          \
    tree_property(name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
