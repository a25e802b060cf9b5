/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client of role `user`: what it is answered goes into the diary, which the owner reads. The last line is "done".
 */
#include <string.h>

#include "gen/protocol/diary.h"
#include "gen/protocol/sign.h"
#include "sel/sel.h"

#define RANDOM_MESSAGES 3000

SEL_USES_CHANNEL(key, sign);
SEL_USES_CHANNEL(diary, diary);
SEL_USES_CAP(key);

static void write_down(const char *what, uint32_t outcome)
{
    if (diary_write(&sel_channel_diary, what, outcome) != SEL_ERROR_OK) {
        sel_panic("the diary takes no more");
    }
}

static void use_the_stubs(void)
{
    uint8_t data[3] = {1, 2, 3};
    uint8_t signature[SIGN_SIGN_SIGNATURE_SIZE] = {0};
    char name[SIGN_WHO_AM_I_NAME_MAX + 1];
    char local[SIGN_WHO_AM_I_LOCAL_MAX + 1];
    bool is_owner = true;

    write_down("sign", sign_sign(&sel_channel_key, data, sizeof(data), 5, signature, &is_owner));
    write_down("first byte of the signature", signature[0]);
    write_down("owner", is_owner);
    write_down("sign nothing", sign_sign(&sel_channel_key, data, 0, 5, signature, &is_owner));
    write_down("set the bell", sign_set_bell(&sel_channel_key, sel_spec.notification_cap));
    write_down("ask its name", sign_who_am_i(&sel_channel_key, name, local));
    write_down(name, 0);
    write_down(local, 0);
}

/** Call with a message of its own making; the label of the answer. */
static uint32_t call(uint64_t tag, uint64_t word0)
{
    struct sel_message message = {.tag = tag, .words = {word0}};
    const sel_err_t error = sel_call_message(sel_cap_key, &message);

    return error != SEL_ERROR_OK ? error : (uint32_t)tag_label(message.tag);
}

static void send_what_no_stub_sends(void)
{
    write_down("method 9", call(tag_make(9, 0, 0), 0));
    write_down("a short message", call(tag_make(SIGN_SIGN_METHOD, 1, 0), 0));
    write_down("a size beyond its bound", call(tag_make(SIGN_SIGN_METHOD, 120, 0), 801));
    write_down("a size that wraps", call(tag_make(SIGN_SIGN_METHOD, 2, 0), UINT64_MAX));
    struct sel_message gift = {.tag = tag_make(SIGN_WHO_AM_I_METHOD, 0, 0)};
    (void)sel_message_add_cap(&gift, sel_spec.notification_cap);
    write_down("a capability unasked",
               sel_call_message(sel_cap_key, &gift) == SEL_ERROR_OK ? (uint32_t)tag_label(gift.tag) : 0);
}

/** Messages without sense, by Call and by Send; how many Calls were not answered. */
static uint32_t send_rubbish(void)
{
    uint64_t chance = 1;
    uint32_t unanswered = 0;

    for (uint32_t i = 0; i < RANDOM_MESSAGES; i++) {
        struct sel_message message;
        for (uint32_t word = 0; word < MESSAGE_REGISTER_WORDS; word++) {
            chance = chance * 6364136223846793005ull + 1442695040888963407ull;
            message.words[word] = chance >> (chance >> 58);
        }
        message.tag = tag_make(chance >> 62, message.words[1] % (MESSAGE_WORDS_MAX + 1), chance >> 40 & 3);
        sel_ipc_buffer->caps[0] = sel_ipc_buffer->caps[1] = sel_ipc_buffer->caps[2] = sel_spec.notification_cap;
        if (i % 8 == 0) {
            (void)sel_nb_send(sel_cap_key, message.tag, message.words);
        } else {
            unanswered += sel_call_message(sel_cap_key, &message) != SEL_ERROR_OK;
        }
    }
    return unanswered;
}

int main(void)
{
    use_the_stubs();
    send_what_no_stub_sends();
    write_down("rubbish unanswered", send_rubbish());
    write_down("done", 0);
    return 0;
}
