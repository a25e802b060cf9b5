/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU plugin: counts executed instructions and records the count at each byte written to a UART's data register.
 * The n-th record belongs to the n-th byte of the serial output, so that any text on the console gets an exact time.
 *
 *   -plugin uart_times.so,out=FILE[,address=0x9000000][,pc=ADDRESS]
 *
 * FILE receives pairs of little-endian 64-bit counts: instructions executed, and how often the one at `pc` was; one pair a byte, and a last one at
 * exit. It measures, it never changes the run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_plugin.h"

static uint64_t executed;
static uint64_t watched_pc = UINT64_MAX;
static uint64_t watched_count;
static uint64_t uart_address = 0x09000000;
static FILE *out;

static void record(void)
{
    const uint64_t pair[] = {executed, watched_count};
    fwrite(pair, sizeof(pair), 1, out);
    fflush(out);
}

static void count_watched(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    watched_count++;
}

static void count_instruction(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    executed++;
}

static void see_store(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    (void)cpu;
    (void)data;
    if ((address & 0xfff) != (uart_address & 0xfff)) {
        return;
    }
    struct qemu_plugin_hwaddr *physical = qemu_plugin_get_hwaddr(info, address);
    if (physical != NULL && qemu_plugin_hwaddr_is_io(physical) &&
        qemu_plugin_hwaddr_phys_addr(physical) == uart_address) {
        record();
    }
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        qemu_plugin_register_vcpu_insn_exec_cb(insn, count_instruction, QEMU_PLUGIN_CB_NO_REGS, NULL);
        qemu_plugin_register_vcpu_mem_cb(insn, see_store, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_WRITE, NULL);
        if (qemu_plugin_insn_vaddr(insn) == watched_pc) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, count_watched, QEMU_PLUGIN_CB_NO_REGS, NULL);
        }
    }
}

static void finish(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    record();
    fclose(out);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(argv[i] + 4, "wb");
        } else if (strncmp(argv[i], "address=", 8) == 0) {
            uart_address = strtoull(argv[i] + 8, NULL, 0);
        } else if (strncmp(argv[i], "pc=", 3) == 0) {
            watched_pc = strtoull(argv[i] + 3, NULL, 0);
        } else {
            fprintf(stderr, "uart_times: unknown argument '%s'; known: out=FILE, address=NUMBER, pc=NUMBER\n", argv[i]);
            return -1;
        }
    }
    if (out == NULL) {
        fprintf(stderr, "uart_times: cannot open the file of out=; give out=FILE\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
