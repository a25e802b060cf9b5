/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server of diary.yaml.
 */
#include <string.h>

#include "gen/protocol/diary_server.h"
#include "sel/sel.h"

#define PAGE_MAX 32

SEL_SERVES(pages, diary);

static struct {
    char who[DIARY_READ_WHO_MAX + 1];
    char what[DIARY_READ_WHAT_MAX + 1];
    uint32_t outcome;
} pages[PAGE_MAX];
static uint32_t page_count;

sel_err_t diary_handle_write(const struct sel_client *client, const char *what, uint32_t outcome)
{
    if (page_count == PAGE_MAX) {
        return DIARY_ERROR_FULL;
    }
    memcpy(pages[page_count].who, client->name, strlen(client->name) + 1);
    memcpy(pages[page_count].what, what, strlen(what) + 1);
    pages[page_count++].outcome = outcome;
    return SEL_ERROR_OK;
}

sel_err_t diary_handle_read(const struct sel_client *client, uint32_t page, char who[DIARY_READ_WHO_MAX + 1],
                            char what[DIARY_READ_WHAT_MAX + 1], uint32_t *outcome)
{
    (void)client;
    if (page >= page_count) {
        return DIARY_ERROR_NO_SUCH_PAGE;
    }
    memcpy(who, pages[page].who, strlen(pages[page].who) + 1);
    memcpy(what, pages[page].what, strlen(pages[page].what) + 1);
    *outcome = pages[page].outcome;
    return SEL_ERROR_OK;
}

int main(void)
{
    sel_perror_status("receive", diary_serve(&sel_service_pages, NULL));
    return 1;
}
