/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU plugin: counts how often each instruction inside given address ranges is executed, in a window of executed instructions.
 * What lies in no range is counted as one sum. Names come later, from the ELF files (profile.py).
 *
 *   -plugin profile.so,out=FILE[,range=START:END]...[,from=COUNT][,to=COUNT]
 *
 * FILE receives pairs of little-endian 64-bit words: address, count. Address 0 is the sum outside all ranges, address 1 the
 * total since reset. It measures, it never changes the run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_plugin.h"

#define RANGE_MAX 32

struct range {
    uint64_t start;
    uint64_t end;
    uint64_t *count;
};

static struct range ranges[RANGE_MAX];
static size_t range_count;
static uint64_t outside;
static uint64_t executed;
static uint64_t window_from;
static uint64_t window_to = UINT64_MAX;
static FILE *out;

static void count_instruction(unsigned int cpu, void *data)
{
    (void)cpu;
    uint64_t *count = data;
    if (executed >= window_from && executed < window_to) {
        (*count)++;
    }
    executed++;
}

static uint64_t *counter_of(uint64_t address)
{
    for (size_t i = 0; i < range_count; i++) {
        if (address >= ranges[i].start && address < ranges[i].end) {
            return &ranges[i].count[(address - ranges[i].start) / 4];
        }
    }
    return &outside;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        qemu_plugin_register_vcpu_insn_exec_cb(insn, count_instruction, QEMU_PLUGIN_CB_NO_REGS,
                                               counter_of(qemu_plugin_insn_vaddr(insn)));
    }
}

static void record(uint64_t address, uint64_t count)
{
    uint64_t pair[] = {address, count};
    fwrite(pair, sizeof(pair), 1, out);
}

static void finish(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    record(0, outside);
    record(1, executed);
    for (size_t i = 0; i < range_count; i++) {
        for (uint64_t address = ranges[i].start; address < ranges[i].end; address += 4) {
            uint64_t count = ranges[i].count[(address - ranges[i].start) / 4];
            if (count != 0) {
                record(address, count);
            }
        }
    }
    fclose(out);
}

static bool add_range(const char *text)
{
    char *end;
    uint64_t start = strtoull(text, &end, 0);
    if (*end != ':' || range_count == RANGE_MAX) {
        return false;
    }
    struct range range = {.start = start, .end = strtoull(end + 1, NULL, 0)};
    if (range.end <= range.start ||
        (range.count = calloc((range.end - range.start) / 4 + 1, sizeof(uint64_t))) == NULL) {
        return false;
    }
    ranges[range_count++] = range;
    return true;
}

static bool take_argument(const char *argument)
{
    if (strncmp(argument, "out=", 4) == 0) {
        out = fopen(argument + 4, "wb");
        return out != NULL;
    }
    if (strncmp(argument, "range=", 6) == 0) {
        return add_range(argument + 6);
    }
    if (strncmp(argument, "from=", 5) == 0) {
        window_from = strtoull(argument + 5, NULL, 0);
        return true;
    }
    if (strncmp(argument, "to=", 3) == 0) {
        window_to = strtoull(argument + 3, NULL, 0);
        return true;
    }
    return false;
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!take_argument(argv[i])) {
            fprintf(stderr, "profile: cannot use argument '%s'\n", argv[i]);
            return -1;
        }
    }
    if (out == NULL) {
        fprintf(stderr, "profile: no file to write; give out=FILE\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
