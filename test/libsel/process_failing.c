/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process whose assertion fails.
 */
#undef NDEBUG
#include <assert.h>

#include <sel/sel.h>

const int harness_has_fpu = 0;

int main(void)
{
    assert(sel_spec.heap_size == 1);
    return 0;
}
