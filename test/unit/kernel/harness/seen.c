/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of errors: one line each, "invocation TYPE LABEL ERROR" or "syscall NUMBER ERROR", in numbers.
 */
#include "test/unit/kernel/harness/seen.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "gen/abi.h"

#define TYPE_COUNT  32
#define LABEL_COUNT 32
#define ERROR_COUNT 32

static bool invocations[TYPE_COUNT][LABEL_COUNT][ERROR_COUNT];
static bool syscalls[LABEL_COUNT][ERROR_COUNT];
static bool is_registered;

static void write_lines(FILE *file)
{
    for (unsigned int i = 0; i < TYPE_COUNT * LABEL_COUNT * ERROR_COUNT; i++) {
        unsigned int type = i / (LABEL_COUNT * ERROR_COUNT);
        unsigned int label = i / ERROR_COUNT % LABEL_COUNT;
        unsigned int error = i % ERROR_COUNT;
        if (invocations[type][label][error]) {
            fprintf(file, "invocation %u %u %u\n", type, label, error);
        }
        if (type == 0 && syscalls[label][error]) {
            fprintf(file, "syscall %u %u\n", label, error);
        }
    }
}

static void write_seen(void)
{
    const char *path = getenv("SEL_PAIRS_FILE");
    if (path == NULL) {
        return;
    }
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        return;
    }
    write_lines(file);
    fclose(file);
}

static void seen_register(void)
{
    if (!is_registered) {
        is_registered = true;
        atexit(write_seen);
    }
}

void seen_invocation(uint64_t type, uint64_t label, uint64_t error)
{
    seen_register();
    /* A label beyond the methods stands for all of them: 0. */
    invocations[type][error == SEL_ERROR_INVALID_METHOD ? 0 : label % LABEL_COUNT][error] = true;
}

void seen_syscall(uint64_t number, uint64_t error)
{
    seen_register();
    syscalls[number][error] = true;
}
