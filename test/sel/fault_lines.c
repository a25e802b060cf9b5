/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints, by the roottask's own code, the line for every cause of a fault that it has words for: each exception class, each fault
 * status of a read, a write and a fetch, a system call and a budget. First on each line is the label. test_explain.py compiles and
 * reads it; the lines' exact words are test/unit/roottask's.
 */
#include <stdio.h>

#include "gen/abi.h"
#include "roottask/fault.h"

const char *spec_string(const struct spec *spec, uint32_t offset)
{
    (void)spec;
    (void)offset;
    return "worker";
}

const struct spec_symbol *spec_find_symbol(const struct spec *spec, const struct spec_thread *thread, uint64_t pc)
{
    (void)spec;
    (void)thread;
    (void)pc;
    return NULL;
}

static void print_fault(const char *name, uint64_t label, uint64_t word1, uint64_t word2, uint64_t word3)
{
    static const struct spec_thread thread;
    char bytes[512];
    struct sel_text text = sel_text_start(bytes, sizeof(bytes));
    const uint64_t words[8] = {0x1010000004, word1, word2, word3};
    const struct fault_message fault = {.label = label, .words = words};

    fault_describe(&text, NULL, &thread, &fault);
    printf("%s %s", name, bytes);
}

int main(void)
{
    for (uint64_t status = 0; status < 64; status++) {
        print_fault("MEMORY", FAULT_MEMORY, 0x10, status, 0);
        print_fault("MEMORY", FAULT_MEMORY, 0x10, status | 1u << 6, 0);
        print_fault("MEMORY", FAULT_MEMORY, 0x10, status, 1);
        print_fault("EXCEPTION", FAULT_EXCEPTION, status << 26, 0, 0);
    }
    print_fault("SYSTEM_CALL", FAULT_SYSTEM_CALL, 99, 0, 0);
    print_fault("TIMEOUT", FAULT_TIMEOUT, 2000000, 0x1010000004, 0);
    return 0;
}
