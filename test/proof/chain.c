/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: calls, answers, callers that go and Replies that die keep R1 to R4: neighbours in a call chain point at each other, a context and
 *           the top of its chain do, a Reply that holds a caller is on its server's list, one that holds none is linked nowhere, and plain_reply
 *           is what a fastpath counts on
 * bounds: one step from any state of 3 Replies and 2 contexts that keeps R1 to R4, whole chains and cut ones, with one server, whose list has
 *         the order of the chains or the opposite one; neighbours are all a step looks at. To whom a context comes home is left out
 * sources: kernel/object/reply.c
 * unwind: 4
 * budget: ci
 * twin: kernel/object/reply.c: 'reply_undonate(reply);\n    reply_chain_push(reply, context);' -> 'reply_chain_push(reply, context);': breaks 'point at each other'
 * twin: kernel/object/reply.c: 'reply->above->below = reply->below;' -> ';': breaks 'point at each other'
 * twin: kernel/object/reply.c: 'reply->below->context = reply->context;' -> ';': breaks 'the top of its chain'
 * twin: kernel/object/reply.c: 'next->serving_prev = reply->serving_prev;' -> ';': breaks 'on its server'
 * twin: kernel/object/reply.c: 'reply->server->plain_reply = NULL;' -> ';': breaks '(R4)'
 * twin: kernel/object/reply.c: 'reply->context != NULL && reply->serving_next == NULL' -> 'reply->context != NULL': breaks '(R4)'
 * twin: kernel/object/tcb.c: 'tcb->reply->server->plain_reply = NULL;' -> ';': breaks '(R4)'
 */
#include "kernel/object/objects.h"
#include "test/proof/lib/proof.h"

/* What is stubbed below has another name in its own file. */
#define tcb_time_changed real_tcb_time_changed
#include "kernel/object/tcb.c"
#undef tcb_time_changed

#define REPLY_COUNT   3
#define CONTEXT_COUNT 2

/* Objects of their own, not arrays: what a pointer may point at is then a short list to CBMC. */
static struct reply lower, middle, upper;
static struct tcb lower_caller, middle_caller, upper_caller;
static struct sched_context one, other;
static struct tcb newcomer;
static struct tcb server;
static struct reply *const reply[REPLY_COUNT] = {&lower, &middle, &upper};
static struct tcb *const caller[REPLY_COUNT] = {&lower_caller, &middle_caller, &upper_caller};
static struct sched_context *const context[CONTEXT_COUNT] = {&one, &other};

/* --- contexts and threads, by what they are to the chains --- */

void sched_context_take(struct sched_context *taken)
{
    struct tcb *thread = taken->thread;
    if (thread != NULL) {
        thread->context = NULL;
        taken->thread = NULL;
        tcb_renew(thread);
    }
}

void sched_context_give(struct sched_context *given, struct tcb *thread)
{
    thread->context = given;
    given->thread = thread;
    tcb_renew(thread);
}

void sched_context_unlend(struct tcb *thread)
{
    (void)thread;
}

/** The chain is cut at its top. */
void sched_context_return_home(struct sched_context *home)
{
    if (home->reply_top != NULL) {
        home->reply_top->context = NULL;
        home->reply_top->server->plain_reply = NULL;
        home->reply_top = NULL;
    }
    sched_context_take(home);
}

void endpoint_renew(struct endpoint *endpoint)
{
    (void)endpoint;
}

bool sched_context_is_stray(const struct tcb *thread)
{
    return thread->context != NULL && any_bool();
}

void tcb_time_changed(struct tcb *tcb)
{
    (void)tcb;
}

void fault_wake(struct tcb *tcb, err_t status)
{
    (void)tcb;
    (void)status;
}

/* --- any state that keeps R1 to R4 --- */

static struct sched_context *any_context(void)
{
    return any_bool() ? NULL : any_bool() ? &one : &other;
}

static struct reply *any_reply(uint64_t first, uint64_t end)
{
    struct reply *any = NULL;
    for (uint64_t i = first; i < end; i++) {
        any = any_bool() ? reply[i] : any;
    }
    return any;
}

static void prove_reply(const struct reply *of)
{
    bool is_above = of->above == NULL || of->above->below == of;
    bool is_below = of->below == NULL || of->below->above == of;
    PROVE(is_above && is_below, "neighbours in a chain point at each other (R2)");
    PROVE(of->context == NULL || of->context->reply_top == of, "a context and the top of its chain agree (R2)");
    if (of->caller == NULL) {
        PROVE(of->context == NULL && of->above == NULL && of->below == NULL && of->serving_next == NULL,
              "a Reply that holds no caller is linked nowhere");
        return;
    }
    PROVE(of->caller->state == THREAD_REPLY && of->caller->reply == of,
          "a Reply and its caller point at each other (R1)");
    bool is_listed = of->serving_prev != NULL ? of->serving_prev->serving_next == of : server.serving == of;
    PROVE(of->server == &server && is_listed, "a Reply that holds a caller is on its server's list (R3)");
    PROVE(of->serving_next == NULL || of->serving_next->serving_prev == of,
          "a Reply that holds a caller is on its server's list (R3)");
}

static bool is_chained(const struct reply *of)
{
    bool is_above = of->above == NULL || of->above->below == of;
    bool is_below = of->below == NULL || of->below->above == of;
    bool is_context = of->context == NULL || of->context->reply_top == of;
    bool is_empty = of->context == NULL && of->above == NULL && of->below == NULL;
    return is_above && is_below && is_context && (of->caller != NULL || is_empty);
}

static bool is_context_kept(const struct sched_context *of)
{
    return of->reply_top == NULL || (of->reply_top->context == of && of->reply_top->above == NULL);
}

/** R4 */
static bool is_plain_reply_kept(void)
{
    const struct reply *plain = server.plain_reply;
    return plain == NULL || (server.serving == plain && plain->serving_next == NULL && plain->caller->context == NULL &&
                             server.home_context == NULL && server.lent_context == NULL &&
                             (server.context == NULL || server.context == plain->context));
}

/** T1 */
static bool is_time_kept(const struct tcb *thread)
{
    return thread->context == NULL || thread->context->thread == thread;
}

static struct tcb *any_user(struct sched_context *of)
{
    struct tcb *any = server.context == of ? &server : newcomer.context == of ? &newcomer : NULL;
    for (uint64_t i = 0; i < REPLY_COUNT; i++) {
        any = caller[i]->context == of ? caller[i] : any;
    }
    return any;
}

/** The list of what holds a caller, in the order of the chains or the opposite one. */
static void serve_in_order(bool is_reversed)
{
    struct reply *last = NULL;
    for (uint64_t position = 0; position < REPLY_COUNT; position++) {
        struct reply *next = reply[is_reversed ? REPLY_COUNT - 1 - position : position];
        next->serving_next = NULL;
        next->serving_prev = NULL;
        if (next->caller != NULL) {
            *(last != NULL ? &last->serving_next : &server.serving) = next;
            next->serving_prev = last;
            last = next;
        }
    }
}

static void any_chains(bool is_reversed)
{
    HAVOC(server);
    server.context = any_context();
    server.reply = NULL;
    server.serving = NULL;
    HAVOC(newcomer);
    newcomer.context = any_context();
    newcomer.reply = NULL;
    for (uint64_t i = 0; i < REPLY_COUNT; i++) {
        bool is_held = any_bool();
        HAVOC(*caller[i]);
        caller[i]->context = any_context();
        caller[i]->state = is_held ? THREAD_REPLY : THREAD_READY;
        caller[i]->reply = is_held ? reply[i] : NULL;
        reply[i]->caller = is_held ? caller[i] : NULL;
        reply[i]->server = is_held ? &server : NULL;
        reply[i]->context = any_context();
        reply[i]->below = any_reply(0, i);
        reply[i]->above = any_reply(i + 1, REPLY_COUNT);
    }
    for (uint64_t i = 0; i < CONTEXT_COUNT; i++) {
        context[i]->reply_top = any_reply(0, REPLY_COUNT);
        context[i]->thread = any_user(context[i]);
    }
    for (uint64_t i = 0; i < REPLY_COUNT; i++) {
        ASSUME(is_chained(reply[i]) && is_time_kept(caller[i]));
    }
    for (uint64_t i = 0; i < CONTEXT_COUNT; i++) {
        ASSUME(is_context_kept(context[i]));
    }
    serve_in_order(is_reversed);
    server.plain_reply = any_bool() ? server.serving : NULL;
    ASSUME(is_time_kept(&server) && is_time_kept(&newcomer) && is_plain_reply_kept());
}

/* --- the proof --- */

static void prove_kept(void)
{
    for (uint64_t i = 0; i < REPLY_COUNT; i++) {
        prove_reply(reply[i]);
    }
    for (uint64_t i = 0; i < CONTEXT_COUNT; i++) {
        PROVE(is_context_kept(context[i]), "a context and the top of its chain agree (R2)");
    }
    PROVE(is_plain_reply_kept(), "whose answer gives the time back is owed that alone (R4)");
}

enum operation {
    NOTHING,
    CALL,
    DONATION,
    ANSWER,
    CALLER_GOES,
    SERVER_WAITS,
    REPLY_DIES,
    TIME_COMES,
    TIME_GOES,
    OPERATION_COUNT,
};

/** One step that begins at reply[at]; which one it was. */
static enum operation step(uint64_t at)
{
    struct reply *of = reply[at];
    enum operation operation = (enum operation)any_below(OPERATION_COUNT);
    if (operation == CALL && of->caller == NULL) {
        reply_push(of, &newcomer, &server);
    } else if (operation == DONATION) {
        reply_donate(&server);
    } else if (operation == ANSWER) {
        (void)reply_pop(of);
    } else if (operation == CALLER_GOES && of->caller != NULL) {
        reply_forget_caller(of);
    } else if (operation == SERVER_WAITS) {
        reply_settle_context(&server, any_bool());
    } else if (operation == REPLY_DIES) {
        reply_destroy(of);
    } else if (operation == TIME_COMES && of->caller != NULL && of->caller->context == NULL && one.thread == NULL) {
        sched_context_give(&one, of->caller);
    } else if (operation == TIME_GOES && of->caller != NULL) {
        reply_undonate(of);
    } else {
        return NOTHING;
    }
    return operation;
}

static enum operation prove_step(uint64_t at, bool is_reversed)
{
    any_chains(is_reversed);
    enum operation operation = step(at);
    prove_kept();
    return operation;
}

/** From one Reply, with the list in the chains' order and in the other: each step. CBMC writes a trace a marker: the other order has one. */
#define STEP(at)                                                                                                       \
    do {                                                                                                               \
        enum operation operation = prove_step(at, false);                                                              \
        REACHED_IF(operation == CALL, "a call: " #at);                                                                 \
        REACHED_IF(operation == DONATION, "a donation: " #at);                                                         \
        REACHED_IF(operation == ANSWER, "an answer: " #at);                                                            \
        REACHED_IF(operation == CALLER_GOES, "a caller that goes: " #at);                                              \
        REACHED_IF(operation == SERVER_WAITS, "a server that waits: " #at);                                            \
        REACHED_IF(operation == REPLY_DIES, "a Reply that dies: " #at);                                                \
        REACHED_IF(operation == TIME_COMES, "a caller that gets time: " #at);                                          \
        REACHED_IF(operation == TIME_GOES, "time that is unbound: " #at);                                              \
        REACHED_IF(prove_step(at, true) != NOTHING, "a step in the opposite order: " #at);                             \
    } while (0)

void proof(void)
{
    STEP(0);
    STEP(1);
    STEP(2);
}
