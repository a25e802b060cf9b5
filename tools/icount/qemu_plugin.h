/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few prototypes of QEMU's plugin interface that our plugins use (docs/devel/tcg-plugins): Debian's packages do not carry
 * its header. A plugin is built for the interface of the QEMU that loads it (PLUGIN_VERSION): 1 as in 7.2, or 3 as in 10.0,
 * without inline sums of a plugin's own variables, and where an instruction's bytes are copied.
 * Not here: what a plugin does. QEMU looks the version symbol up by name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION 1
#endif

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;

typedef struct qemu_info {
    const char *target_name;
    struct {
        int min;
        int current;
    } version;
} qemu_info_t;

enum qemu_plugin_cb_flags {
    QEMU_PLUGIN_CB_NO_REGS,
};

enum qemu_plugin_op {
    QEMU_PLUGIN_INLINE_ADD_U64,
};

enum qemu_plugin_mem_rw {
    QEMU_PLUGIN_MEM_WRITE = 2,
    QEMU_PLUGIN_MEM_RW = 3,
};

typedef void (*insn_callback_t)(unsigned int cpu, void *data);
typedef void (*mem_callback_t)(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data);
typedef void (*translate_callback_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void (*exit_callback_t)(qemu_plugin_id_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translate_callback_t callback);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_callback_t callback, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, insn_callback_t callback,
                                            enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, insn_callback_t callback,
                                          enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, mem_callback_t callback,
                                      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
unsigned int qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info, uint64_t address);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *address);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *address);
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

#if PLUGIN_VERSION < 3
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, enum qemu_plugin_op op, void *counter,
                                                uint64_t summand);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);

/** Add `summand` to a counter whenever the instruction is executed, after the callbacks that are registered for it so far. */
static inline void plugin_count(struct qemu_plugin_insn *insn, uint64_t *counter, uint64_t summand)
{
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, counter, summand);
}

static inline void plugin_copy_word(const struct qemu_plugin_insn *insn, uint32_t *word)
{
    memcpy(word, qemu_plugin_insn_data(insn), sizeof(*word));
}
#else
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *bytes, size_t size);

struct plugin_sum {
    uint64_t *counter;
    uint64_t summand;
};

static inline void plugin_add(unsigned int cpu, void *data)
{
    const struct plugin_sum *sum = data;

    (void)cpu;
    *sum->counter += sum->summand;
}

/* As above. What is counted lives as long as QEMU, which may execute what it has translated at any time. */
static inline void plugin_count(struct qemu_plugin_insn *insn, uint64_t *counter, uint64_t summand)
{
    struct plugin_sum *sum = malloc(sizeof(*sum));

    if (sum == NULL) {
        abort();
    }
    *sum = (struct plugin_sum){counter, summand};
    qemu_plugin_register_vcpu_insn_exec_cb(insn, plugin_add, QEMU_PLUGIN_CB_NO_REGS, sum);
}

static inline void plugin_copy_word(const struct qemu_plugin_insn *insn, uint32_t *word)
{
    qemu_plugin_insn_data(insn, word, sizeof(*word));
}
#endif

/** The word that an AArch64 instruction is. */
static inline uint32_t plugin_word(const struct qemu_plugin_insn *insn)
{
    uint32_t word = 0;

    plugin_copy_word(insn, &word);
    return word;
}

__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_VERSION;
