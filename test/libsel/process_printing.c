/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process with the C library: constructors, destructors, thread-local storage, heap, stdio, exit.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sel/sel.h>

const int harness_has_fpu = 1;

static _Thread_local int counted = 7;
static _Thread_local int zeroed;
static int constructed;

__attribute__((constructor)) static void construct(void)
{
    constructed = 1;
}

static void at_exit(void)
{
    printf("exit handler\n");
}

__attribute__((destructor)) static void destroy(void)
{
    printf("destructor");
}

int main(void)
{
    char *text = malloc(200);
    memset(text, 'm', 199);
    text[199] = '\0';
    printf("constructed %d, thread-local %d %d, buffer %d\n", constructed, ++counted, ++zeroed, sel_ipc_buffer != NULL);
    printf("%s\n", text);
    printf("formats %5.2f %lx %c %s\n", 3.14159, 0x123456789abcul, 'c', "s");
    free(text);
    errno = 0;
    printf("too much: %s, ENOMEM %d\n", malloc(1 << 20) == NULL ? "refused" : "given", errno == ENOMEM);
    const uint64_t before = sel_clock_ns();
    printf("clock %s, %lu Hz\n", sel_clock_ns() >= before ? "forward" : "backward",
           (unsigned long)sel_clock_frequency_hz());
    if (sel_timer_set_ns(6, before) != SEL_ERROR_OK) {
        sel_perror("timer");
    }
    atexit(at_exit);
    return 3;
}
