/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program of known coverage: what is executed depends on its arguments alone (test_report.py says which lines and branches must be seen).
 */
#include <stdlib.h>

#define RULE(n)            ((n) != 7)
#define kassert(condition) ((condition) ? (void)0 : abort())

static int both(int a, int b)
{
    if (a && b) {
        return 1;
    }
    return 2;
}

static int never(int a)
{
    a += 3;
    return a;
}

static int constant(int a)
{
    if (!RULE(3)) {
        return never(a);
    }
    kassert(a < 100);
    return a;
}

int main(int argc, char **argv)
{
    int sum = constant(argc);
    for (int i = 1; i + 1 < argc; i += 2) {
        sum += both(atoi(argv[i]), atoi(argv[i + 1]));
    }
    return sum < 0 ? never(sum) : 0;
}
