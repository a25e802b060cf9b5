/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest component: says hello through the console it was given and ends.
 * It uses no FPU, hence sel_console_print and not printf.
 */
#include <sel/console.h>
#include <sel/sel.h>

int main(void)
{
    sel_console_print("hello: selvedge runs\n");
    return 0;
}
