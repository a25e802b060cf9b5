/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scripted kernel. sel_spec is const data to the library and is defined here as an alias of writable data: no call reads it ahead of time.
 */
#include "test/unit/libsel/fake_kernel.h"

#include <string.h>

struct fake_call fake_calls[FAKE_MAX];
unsigned fake_call_count;
struct fake_answer fake_answers[FAKE_MAX];
unsigned fake_answer_count;
struct fake_answer fake_default;
uint64_t fake_ticks;
uint64_t fake_frequency_hz = 1000;
struct sel_spec fake_spec = {.process_name = "tester"};
extern const struct sel_spec sel_spec __attribute__((alias("fake_spec")));

static unsigned answers_used;

int fake_reset(void **state)
{
    (void)state;
    memset(fake_calls, 0, sizeof(fake_calls));
    memset(fake_answers, 0, sizeof(fake_answers));
    fake_call_count = fake_answer_count = answers_used = 0;
    fake_default = (struct fake_answer){0};
    fake_spec = (struct sel_spec){.process_name = "tester"};
    sel_last_error = (struct sel_error_info){0};
    sel_ipc_buffer = NULL;
    return 0;
}

static const struct fake_answer *take(struct fake_call call, const uint64_t *words)
{
    assert_true(fake_call_count < FAKE_MAX);
    if (words != NULL) {
        memcpy(call.words, words, sizeof(call.words));
    }
    fake_calls[fake_call_count++] = call;
    return answers_used < fake_answer_count ? &fake_answers[answers_used++] : &fake_default;
}

static sel_err_t give(const struct fake_answer *answer, uint64_t *tag, uint64_t *words, uint64_t *badge)
{
    if (tag != NULL) {
        *tag = answer->tag;
    }
    if (words != NULL) {
        memcpy(words, answer->words, sizeof(answer->words));
    }
    if (badge != NULL) {
        *badge = answer->badge;
    }
    return answer->error;
}

sel_err_t sel_call(sel_cap_t cap, uint64_t *tag, uint64_t *words)
{
    return give(take((struct fake_call){.syscall = SYSCALL_CALL, .cap = cap, .tag = *tag}, words), tag, words, NULL);
}

sel_err_t sel_reply_recv(sel_cap_t cap, uint64_t *tag, sel_cap_t reply, uint64_t *words, uint64_t *badge,
                         sel_err_t *reply_status)
{
    const struct fake_answer *answer =
        take((struct fake_call){.syscall = SYSCALL_REPLY_RECV, .cap = cap, .reply = reply, .tag = *tag}, words);
    *reply_status = answer->reply_status;
    return give(answer, tag, words, badge);
}

/* The system call has as many registers. NOLINTNEXTLINE(readability-function-size) */
sel_err_t sel_nb_send_recv(sel_cap_t cap, uint64_t *tag, sel_cap_t reply, sel_cap_t second, uint64_t *words,
                           uint64_t *badge, sel_err_t *reply_status)
{
    const struct fake_answer *answer = take(
        (struct fake_call){.syscall = SYSCALL_NB_SEND_RECV, .cap = cap, .reply = reply, .second = second, .tag = *tag},
        words);
    *reply_status = answer->reply_status;
    return give(answer, tag, words, badge);
}

sel_err_t sel_recv(sel_cap_t cap, uint64_t *tag, sel_cap_t reply, uint64_t *words, uint64_t *badge)
{
    return give(take((struct fake_call){.syscall = SYSCALL_RECV, .cap = cap, .reply = reply}, NULL), tag, words, badge);
}

sel_err_t sel_nb_send(sel_cap_t cap, uint64_t tag, const uint64_t *words)
{
    return give(take((struct fake_call){.syscall = SYSCALL_NB_SEND, .cap = cap, .tag = tag}, words), NULL, NULL, NULL);
}

sel_err_t sel_signal(sel_cap_t cap)
{
    return give(take((struct fake_call){.syscall = SYSCALL_SIGNAL, .cap = cap}, NULL), NULL, NULL, NULL);
}

sel_err_t sel_wait(sel_cap_t cap, sel_cap_t handler, uint64_t *badge)
{
    struct fake_call call = {.syscall = SYSCALL_WAIT, .cap = cap, .reply = handler};
    return give(take(call, NULL), NULL, NULL, badge);
}

sel_err_t sel_poll(sel_cap_t cap, uint64_t *badge)
{
    return give(take((struct fake_call){.syscall = SYSCALL_POLL, .cap = cap}, NULL), NULL, NULL, badge);
}

uint64_t sel_clock_ticks(void)
{
    return fake_ticks;
}

uint64_t sel_clock_frequency_hz(void)
{
    return fake_frequency_hz;
}
