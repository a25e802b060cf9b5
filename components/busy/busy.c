/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Uses all the time it is given, for ever: what other processes must not feel.
 */
int main(void)
{
    for (;;) {
        __asm__ volatile("");
    }
}
