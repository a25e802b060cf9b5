/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server of sign.yaml: its signatures are sums, its bell a capability that the owner handed over.
 */
#include <string.h>

#include "gen/protocol/sign_server.h"
#include "sel/sel.h"

SEL_SERVES(sign, sign);
SEL_USES_CAP(cnode);

static sel_cap_t kept_bell;

sel_err_t sign_handle_sign(const struct sel_client *client, const uint8_t *data, size_t data_size, int32_t round,
                           uint8_t signature[SIGN_SIGN_SIGNATURE_SIZE], bool *is_owner)
{
    if (data_size == 0) {
        return SIGN_ERROR_NO_DATA;
    }
    memset(signature, (uint8_t)round, SIGN_SIGN_SIGNATURE_SIZE);
    for (size_t i = 0; i < data_size; i++) {
        signature[i % SIGN_SIGN_SIGNATURE_SIZE] += data[i];
    }
    *is_owner = strcmp(client->name, "owner") == 0;
    return kept_bell == 0 || sel_signal(kept_bell) == SEL_ERROR_OK ? SEL_ERROR_OK : SEL_ERROR_PEER_DIED;
}

sel_err_t sign_handle_set_bell(const struct sel_client *client, sel_cap_t bell)
{
    (void)client;
    const sel_cap_t kept = sel_spec.first_free_slot;

    if (sel_cnode_delete(sel_cap_cnode, kept) != SEL_ERROR_OK ||
        sel_cnode_move(sel_cap_cnode, kept, sel_cap_cnode, bell) != SEL_ERROR_OK) {
        return SEL_ERROR_PEER_DIED;
    }
    kept_bell = kept;
    return SEL_ERROR_OK;
}

sel_err_t sign_handle_who_am_i(const struct sel_client *client, char name[SIGN_WHO_AM_I_NAME_MAX + 1],
                               char local[SIGN_WHO_AM_I_LOCAL_MAX + 1])
{
    memcpy(name, client->name, strlen(client->name) + 1);
    memcpy(local, client->local, strlen(client->local) + 1);
    return SEL_ERROR_OK;
}

int main(void)
{
    sel_perror_status("receive", sign_serve(&sel_service_sign, NULL));
    return 1;
}
