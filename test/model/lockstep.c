/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running both sides of the lockstep: a step on the kernel, the same on the model, and the comparison. Whatever goes wrong within the
 * kernel (a panic, a broken invariant, a signal) is a difference like any other.
 */
#include "test/model/lockstep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <signal.h>
#include <sys/time.h>

#define TEXT_BYTES 16384
#define STUCK_S    20 /* processor time of one sequence: a loop that does not end */

static char text[TEXT_BYTES];
static sigjmp_buf escape;
static volatile sig_atomic_t is_running;

const char *lockstep_text(void)
{
    return text;
}

_Noreturn void lockstep_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (!is_running) {
        (void)fprintf(stderr, "lockstep: outside of a step: %s", text);
        __builtin_trap();
    }
    siglongjmp(escape, 1);
}

/* --- signals: memory that is not there, undefined behaviour that traps --- */

static void on_signal(int number)
{
    if (is_running) {
        (void)snprintf(text, sizeof(text), "signal %d within the step\n", number);
        siglongjmp(escape, 1);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void catch_signals(void)
{
    static bool is_done;
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGVTALRM};
    if (is_done) {
        return;
    }
    is_done = true;
    for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NODEFER};
        (void)sigaction(numbers[i], &action, NULL);
    }
}

void lockstep_watch(void)
{
    struct itimerval limit = {.it_value = {.tv_sec = STUCK_S}};
    (void)setitimer(ITIMER_VIRTUAL, &limit, NULL);
}

/* --- a step --- */

static struct model found;

static enum lockstep_result compare(void)
{
    model_renumber(&model);
    model_tidy(&model);
    lockstep_view(&found);
    model_tidy(&found);
    if (memcmp(&model, &found, sizeof(model)) != 0) {
        (void)lockstep_diff(&model, &found, text, sizeof(text));
        return LOCKSTEP_DIFFER;
    }
    const char *broken = lockstep_broken();
    if (broken != NULL) {
        (void)snprintf(text, sizeof(text), "  %s\n", broken);
        return LOCKSTEP_DIFFER;
    }
    return LOCKSTEP_AGREE;
}

enum lockstep_result lockstep_step(const struct step *step)
{
    enum lockstep_result result = LOCKSTEP_DIFFER;
    catch_signals();
    if (sigsetjmp(escape, 0) == 0) {
        is_running = true;
        lockstep_spoil();
        lockstep_kernel_step(step);
        step_model(step);
        result = model.is_full || model.is_ambiguous ? LOCKSTEP_OPEN : compare();
    }
    is_running = false;
    return result;
}

enum lockstep_result lockstep_run(const struct step *steps, size_t count, size_t *at)
{
    enum lockstep_result result = LOCKSTEP_AGREE;
    size_t i = 0;
    lockstep_begin();
    for (; result == LOCKSTEP_AGREE && i < count; i++) {
        result = lockstep_step(&steps[i]);
    }
    if (at != NULL) {
        *at = i == 0 ? 0 : i - 1;
    }
    return result;
}

const char *lockstep_replay(const struct step *steps, size_t count)
{
    return lockstep_run(steps, count, NULL) == LOCKSTEP_DIFFER ? text : NULL;
}
