/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU plugin: counts executions of each instruction of the kernel, as it lies in the machine's memory: a guest or a process that runs at
 * the kernel's addresses is not mistaken for it. It measures, it never changes the run.
 *
 *   -plugin executed.so,out=FILE,start=ADDRESS,size=BYTES
 *
 * FILE is `size / 4` little-endian 64-bit counters. It is mapped, not written at the end: a QEMU that is killed loses nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/icount/qemu_plugin.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *path;
static uint64_t start;
static uint64_t size;
static uint64_t *counters;
static char *kernel; /* where QEMU keeps the instruction at `start`; known once that has been executed */

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        char *place = qemu_plugin_insn_haddr(insn);
        if (kernel == NULL && qemu_plugin_insn_vaddr(insn) == start) {
            kernel = place;
        }
        if (kernel != NULL && place >= kernel && place < kernel + size) {
            qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
                                                       &counters[(place - kernel) / 4], 1);
        }
    }
}

static bool take_argument(const char *argument)
{
    if (strncmp(argument, "out=", 4) == 0) {
        path = strdup(argument + 4);
        return path != NULL;
    }
    if (strncmp(argument, "start=", 6) == 0) {
        start = strtoull(argument + 6, NULL, 0);
        return true;
    }
    if (strncmp(argument, "size=", 5) == 0) {
        size = strtoull(argument + 5, NULL, 0);
        return true;
    }
    return false;
}

static bool map_counters(void)
{
    int file = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || size == 0 || ftruncate(file, (off_t)(size * 2)) != 0) {
        return false;
    }
    counters = mmap(NULL, size * 2, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return counters != MAP_FAILED;
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!take_argument(argv[i])) {
            fprintf(stderr, "executed: cannot use argument '%s'\n", argv[i]);
            return -1;
        }
    }
    if (!map_counters()) {
        fprintf(stderr, "executed: needs out=FILE that can be written, start=ADDRESS and size=BYTES\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    return 0;
}
