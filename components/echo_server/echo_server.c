/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest server: passive, so it runs on the time of whoever calls it. Its protocol is protocols/echo.yaml.
 */
#include "gen/protocol/echo_server.h"

#include "sel/sel.h"

SEL_SERVES(echo, echo);

sel_err_t echo_handle_increment(const struct sel_client *client, uint64_t value, uint64_t *next)
{
    (void)client;
    *next = value + 1;
    return SEL_ERROR_OK;
}

int main(void)
{
    sel_perror_status("receive", echo_serve(&sel_service_echo, NULL));
    return 1;
}
