/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ends with a status.
 */
int main(void)
{
    return 42;
}
