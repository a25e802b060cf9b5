/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client of role `owner`: reports what it is answered itself, and what the user wrote into the diary.
 */
#include <string.h>

#include "gen/protocol/diary.h"
#include "gen/protocol/sign.h"
#include "sel/sel.h"
#include "test/system/lib/check.h"

#define BELL_BIT 0x40u

SEL_USES_CHANNEL(sign, sign);
SEL_USES_CHANNEL(diary, diary);
SEL_USES_CAP(cnode);

static uint32_t page; /* the next one to be read */

/** Does the user's next page say this? The user runs first, but may have been stopped on its way. */
static bool next_page_is(const char *wanted, uint32_t wanted_outcome)
{
    char who[DIARY_READ_WHO_MAX + 1];
    char what[DIARY_READ_WHAT_MAX + 1];
    uint32_t outcome = 0;
    sel_err_t error;

    while ((error = diary_read(&sel_channel_diary, page, who, what, &outcome)) == DIARY_ERROR_NO_SUCH_PAGE) {
        sel_yield();
    }
    page++;
    if (error != SEL_ERROR_OK || strcmp(who, "user") != 0 || strcmp(what, wanted) != 0) {
        sel_console_print("the page says: ");
        sel_console_print(what);
        sel_console_print("\n");
        return false;
    }
    if (outcome != wanted_outcome) {
        sel_console_print(sign_error_name(outcome));
        sel_console_print("\n");
    }
    return outcome == wanted_outcome;
}

static void a_user_may_sign(void)
{
    CHECK(next_page_is("sign", SEL_ERROR_OK));
    CHECK(next_page_is("first byte of the signature", 5 + 1));
    CHECK(next_page_is("owner", false));
    CHECK(next_page_is("sign nothing", SIGN_ERROR_NO_DATA));
}

static void a_user_may_not_do_what_the_owner_may(void)
{
    CHECK(next_page_is("set the bell", SEL_CALL_NOT_ALLOWED));
}

static void a_client_is_known_by_its_names_in_the_spec(void)
{
    char name[SIGN_WHO_AM_I_NAME_MAX + 1];
    char local[SIGN_WHO_AM_I_LOCAL_MAX + 1];

    CHECK(next_page_is("ask its name", SEL_ERROR_OK));
    CHECK(next_page_is("user", 0));
    CHECK(next_page_is("key", 0));
    CHECK_EQUAL(sign_who_am_i(&sel_channel_sign, name, local), SEL_ERROR_OK);
    CHECK(strcmp(name, "owner") == 0);
    CHECK(strcmp(local, "sign") == 0);
}

static void messages_that_no_stub_sends_are_refused(void)
{
    CHECK(next_page_is("method 9", SEL_CALL_UNKNOWN_METHOD));
    CHECK(next_page_is("a short message", SEL_CALL_BAD_LENGTH));
    CHECK(next_page_is("a size beyond its bound", SEL_CALL_BAD_LENGTH));
    CHECK(next_page_is("a size that wraps", SEL_CALL_BAD_LENGTH));
    CHECK(next_page_is("a capability unasked", SEL_CALL_BAD_CAPS));
}

static void a_server_lives_on_after_rubbish(void)
{
    CHECK(next_page_is("rubbish unanswered", 0));
    CHECK(next_page_is("done", 0));
}

/* 2 header words and 100 of data: through both IPC buffers. */
static void long_data_arrives(void)
{
    static uint8_t data[SIGN_SIGN_DATA_MAX];
    uint8_t signature[SIGN_SIGN_SIGNATURE_SIZE];
    bool is_owner = false;

    memset(data, 1, sizeof(data));
    CHECK_EQUAL(sign_sign(&sel_channel_sign, data, sizeof(data), -3, signature, &is_owner), SEL_ERROR_OK);
    CHECK(is_owner);
    for (uint32_t i = 0; i < sizeof(signature); i++) {
        CHECK_EQUAL(signature[i], 800 / 32 - 3);
    }
    CHECK_EQUAL(sign_sign(&sel_channel_sign, data, sizeof(data) + 1, 0, signature, &is_owner), SEL_CALL_BAD_LENGTH);
}

/** Hand a Notification over and give up the own capability to it; false if anything of that is refused, or the bell rings by itself. */
static bool give_bell(uint64_t bit)
{
    const sel_cap_t bell = sel_spec.first_free_slot;

    return sel_cnode_mint(sel_cap_cnode, bell, sel_cap_cnode, sel_spec.notification_cap, SEL_RIGHT_WRITE, bit) ==
               SEL_ERROR_OK &&
           sign_set_bell(&sel_channel_sign, bell) == SEL_ERROR_OK &&
           sel_cnode_delete(sel_cap_cnode, bell) == SEL_ERROR_OK && sel_event_poll() == 0;
}

/* After all that the user tried, the server's slot for a capability is free; and again after the first one. */
static void a_capability_that_is_handed_over_works(void)
{
    const uint8_t data[1] = {1};
    uint8_t signature[SIGN_SIGN_SIGNATURE_SIZE];
    bool is_owner = false;

    for (uint32_t round = 0; round < 3; round++) {
        CHECK(give_bell(BELL_BIT << round));
        CHECK_EQUAL(sign_sign(&sel_channel_sign, data, sizeof(data), 0, signature, &is_owner), SEL_ERROR_OK);
        CHECK_EQUAL(sel_event_poll(), BELL_BIT << round);
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        CHECK_TEST(a_user_may_sign),
        CHECK_TEST(a_user_may_not_do_what_the_owner_may),
        CHECK_TEST(a_client_is_known_by_its_names_in_the_spec),
        CHECK_TEST(messages_that_no_stub_sends_are_refused),
        CHECK_TEST(a_server_lives_on_after_rubbish),
        CHECK_TEST(long_data_arrives),
        CHECK_TEST(a_capability_that_is_handed_over_works),
    };

    check_run(tests, sizeof(tests) / sizeof(tests[0]), NULL);
    return 0;
}
