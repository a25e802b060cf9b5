/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU plugin: writes all that the kernel puts into its trace ring (kernel/debug/trace.c) to a file, however often the ring goes round.
 *
 *   -plugin events.so,out=FILE,kernel=START:END,ring=ADDRESS:COUNT:BYTES,next=ADDRESS
 *
 * `ring` are the entries, `next` is the number of entries so far; all by the kernel's own ELF file (tools/introspect/record.py). Where the kernel leaves (ERET)
 * or rests (WFI) all entries are whole, and between two such places it makes but a few. The file gets them in pieces: the number of the first, how many, and the
 * entries as they lie in memory. A piece of none is the end. What the numbers leave out was lost. It reads, it never changes the run.
 */
#include <inttypes.h>

#include "kernel_code.h"

/** Entries that wait for more before they are written; less than the ring has. */
#define BATCH_COUNT 512
#define ERET        0xd69f03e0u
#define WFI         0xd503207fu

static struct {
    uint64_t ring, count, bytes;
    uint64_t next;
} at;

static FILE *out;
static uint64_t written;

static const void *host(uint64_t address)
{
    return (const void *)(uintptr_t)(host_offset + address);
}

static uint64_t total(void)
{
    uint64_t value;
    memcpy(&value, host(at.next), sizeof(value));
    return value;
}

/** Entries up to `end`; a kernel that begins anew counts from 0 again. */
static void write_until(uint64_t end)
{
    if (end < written) {
        written = 0;
    }
    if (end - written > at.count) {
        written = end - at.count;
    }
    uint64_t head[] = {written, end - written};
    fwrite(head, sizeof(head), 1, out);
    for (; written != end; written++) {
        fwrite(host(at.ring + written % at.count * at.bytes), at.bytes, 1, out);
    }
}

static void see_rest(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    uint64_t now = total();
    if (now < written || now - written >= BATCH_COUNT) {
        write_until(now);
    }
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);

    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);
        uint32_t word = plugin_word(insn);
        if ((word == ERET || word == WFI) && kernel_code_has(insn, address)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, see_rest, QEMU_PLUGIN_CB_NO_REGS, NULL);
        }
    }
}

static void end_of_run(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    if (is_host_known && total() != written) {
        write_until(total());
    }
    uint64_t end[] = {written, 0};
    fwrite(end, sizeof(end), 1, out);
    fclose(out);
}

static bool take_argument(const char *argument)
{
    char rest;
    if (strncmp(argument, "out=", 4) == 0) {
        return (out = fopen(argument + 4, "wb")) != NULL;
    }
    if (strncmp(argument, "kernel=", 7) == 0) {
        return take_range(argument + 7, &kernel_code);
    }
    return sscanf(argument, "next=%" SCNi64 "%c", (int64_t *)&at.next, &rest) == 1 ||
           sscanf(argument, "ring=%" SCNi64 ":%" SCNi64 ":%" SCNi64 "%c", (int64_t *)&at.ring, (int64_t *)&at.count,
                  (int64_t *)&at.bytes, &rest) == 3;
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!take_argument(argv[i])) {
            fprintf(stderr, "events: bad argument '%s'; see the head of events.c\n", argv[i]);
            return -1;
        }
    }
    if (out == NULL || kernel_code.end == 0 || at.next == 0 || at.ring == 0 || at.count <= BATCH_COUNT ||
        at.bytes == 0) {
        fprintf(stderr, "events: an argument is missing; see the head of events.c\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, end_of_run, NULL);
    return 0;
}
