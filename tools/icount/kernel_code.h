/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which translated instructions are the kernel's, and where the host keeps the machine's memory, which the kernel maps identically: for the plugins
 * beside this. A guest may have code at the same virtual addresses; it lies elsewhere in memory.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_plugin.h"
#include <unistd.h>

#define KERNEL_CODE_EXIT 4

struct range {
    uint64_t start;
    uint64_t end;
};

/** Addresses of the kernel's code: set before the machine runs. */
static struct range kernel_code;
/** The host's address of the machine's address 0, once code of the kernel has been seen. */
static uint64_t host_offset;
static bool is_host_known;

/** START:END, and nothing else. */
static bool take_range(const char *text, struct range *range)
{
    char *end;
    range->start = strtoull(text, &end, 0);
    range->end = *end == ':' ? strtoull(end + 1, &end, 0) : 0;
    return range->end > range->start && *end == '\0';
}

/** Ends QEMU with a sentence if it does not show its memory: nothing could be told then. */
static bool kernel_code_has(const struct qemu_plugin_insn *insn, uint64_t address)
{
    const void *host = qemu_plugin_insn_haddr(insn);

    if (address < kernel_code.start || address >= kernel_code.end || host == NULL) {
        return false;
    }
    if (!is_host_known) {
        uint32_t word = plugin_word(insn);
        if (memcmp(host, &word, sizeof(word)) != 0) {
            fprintf(stderr, "this QEMU does not show the machine's memory to plugins\n");
            fflush(NULL);
            _exit(KERNEL_CODE_EXIT);
        }
        is_host_known = true;
        host_offset = (uint64_t)(uintptr_t)host - address;
    }
    return (uint64_t)(uintptr_t)host - address == host_offset;
}
