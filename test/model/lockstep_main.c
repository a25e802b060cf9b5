/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program `lockstep`: makes sequences, runs them on the kernel and the model, keeps those that reach new code, and explains the first
 * difference: shrunk, as text, as a CMocka test and as a file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/model/corpus.h"
#include "test/model/coverage.h"
#include "test/model/lockstep.h"
#include "test/model/reach.h"
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <time.h>

#define LENGTH_DEFAULT 300
#define LINE_BYTES     1024

static const char USAGE[] =
    "usage: lockstep run [--seed N] [--steps N] [--seconds N] [--length N] [--corpus FOLDER] [--save FOLDER]\n"
    "                    [--report FILE] [--failed FILE]   make sequences and compare\n"
    "       lockstep replay FILE...    run recorded sequences and compare\n"
    "       lockstep show FILE         a sequence as text and as a test\n"
    "       lockstep adopt FILE...     take sequences of another ABI over, if they still agree\n";

struct options {
    uint64_t seed;
    uint64_t steps;
    uint64_t seconds;
    uint64_t length;
    const char *corpus;
    const char *save;
    const char *report;
    const char *failed;
};

struct totals {
    uint64_t steps;
    uint64_t sequences;
    uint64_t full;
    uint64_t ambiguous;
};

static struct step steps[SEQUENCE_MAX];
static struct totals totals;
/** Of how many steps the sequence is after which kernel and model differ; 0: they agree so far. */
static size_t difference_after;
/** Steps of the corpus, which are run besides those that were asked for. */
static uint64_t loaded_steps;
static volatile sig_atomic_t stopped_by;
/** Steps of the sequence that is being run or was run last. */
static size_t running;
static const struct options *search_options;
/** The corpus, if there is one, has been read whole: until then nothing may be saved in its place. */
static bool is_corpus_read;

/* --- telling --- */

/** Each step as text, with what the model knows before it. */
static void print_sequence(size_t count)
{
    char line[LINE_BYTES];
    lockstep_begin();
    for (size_t i = 0; i < count; i++) {
        lockstep_print_step(&steps[i], line, sizeof(line));
        printf("%4zu  %s\n", i + 1, line);
        if (i + 1 < count) {
            (void)lockstep_step(&steps[i]);
        }
    }
}

static void keep_failed(const char *path, size_t count)
{
    if (path != NULL && corpus_write(path, steps, count)) {
        printf("\nsteps: %s (lockstep replay %s)\n", path, path);
    }
}

/** A sanitizer has told what it found, and ends the program: its report lacks what led there. Nobody can go on, so nothing is shrunk. */
static void on_death(void)
{
    char line[LINE_BYTES];
    printf(
        "the sanitizer's report is of seed %lu, sequence %lu%s, step %zu: kernel or model did what C does not define\n",
        search_options->seed, totals.sequences + 1, is_corpus_read ? "" : " (of the corpus)", running);
    if (running != 0) {
        lockstep_print_step(&steps[running - 1], line, sizeof(line));
        printf("%4zu  %s\n", running, line);
        keep_failed(search_options->failed, running);
    }
    (void)fflush(stdout);
    if (search_options->save != NULL && is_corpus_read) {
        (void)corpus_save(search_options->save);
    }
}

static void explain(size_t count, const char *path)
{
    printf("kernel and model differ after %zu steps; shrinking\n", count);
    (void)fflush(stdout);
    /* For a sanitizer's end while it shrinks, of which no more is told. */
    __sanitizer_set_death_callback(NULL);
    if (path != NULL) {
        (void)corpus_write(path, steps, count);
    }
    count = lockstep_shrink(steps, count);
    enum lockstep_result result = lockstep_run(steps, count, NULL);
    printf("\n%s after these %zu steps:\n%s\n", result == LOCKSTEP_DIFFER ? "they differ" : "they differ no more",
           count, lockstep_text());
    print_sequence(count);
    printf("\nas a test (test/model/cases_test.c):\n\n");
    lockstep_print_test(steps, count, "a_difference_found");
    keep_failed(path, count);
    (void)fflush(stdout);
}

static void summarise(void)
{
    unsigned int taken;
    unsigned int known;
    coverage_count(&taken, &known);
    printf("lockstep: %lu steps in %lu sequences agree; %lu sequences cut (%lu model full, %lu ambiguous); kept %zu; "
           "%u of %u edges; %u operation results; %u of %u states; %lu fastpaths\n",
           totals.steps, totals.sequences, totals.full + totals.ambiguous, totals.full, totals.ambiguous,
           corpus_count(), taken, known, reach_pairs(), reach_states(), reach_states_known(), lockstep_fast_count());
}

/* --- running --- */

static enum lockstep_result run_one(size_t at)
{
    enum lockstep_result result = lockstep_step(&steps[at]);
    if (result == LOCKSTEP_AGREE) {
        reach_after();
    }
    return result;
}

static void change_one(uint64_t *random, size_t count)
{
    struct step *step = &steps[lockstep_random(random) % count];
    uint64_t value = lockstep_random(random) % 8;
    switch (lockstep_random(random) % 8) {
    case 0:
        step->ticks = (uint32_t)(lockstep_random(random) % 100000);
        break;
    case 1:
        step->preempt_after = (uint8_t)value;
        break;
    case 2:
        step->cap = lockstep_random(random) % 200;
        break;
    case 3:
        step->flags ^= STEP_LATE;
        break;
    case 4:
        step->reply = lockstep_random(random) % 200;
        break;
    case 5:
        *step = steps[lockstep_random(random) % count];
        break;
    default:
        step->word[value] ^= 1ul << lockstep_random(random) % 16;
    }
}

/** What is kept of an older sequence before new steps follow: nothing, or a beginning, perhaps changed. */
static size_t choose_beginning(uint64_t *random)
{
    if (lockstep_random(random) % 10 < 3) {
        return 0;
    }
    size_t count = corpus_pick(random, steps);
    if (count < 2) {
        return 0;
    }
    count -= lockstep_random(random) % count / (1 + lockstep_random(random) % 4);
    for (uint64_t i = lockstep_random(random) % 4; i < 3 && lockstep_random(random) % 2 == 0; i++) {
        change_one(random, count);
    }
    return count;
}

/** The first `old` of `steps`, and made ones behind them up to the limit; how it ended, and after how many. */
static enum lockstep_result run_steps(uint64_t *random, size_t old, size_t limit, size_t *count)
{
    enum lockstep_result result = LOCKSTEP_AGREE;
    running = 0;
    lockstep_begin();
    lockstep_generate_begin();
    reach_begin();
    coverage_begin();
    for (*count = 0; result == LOCKSTEP_AGREE && *count < limit; (*count)++) {
        if (*count >= old) {
            lockstep_generate(random, &steps[*count]);
        }
        if (steps[*count].kind == STEP_END) {
            break;
        }
        running = *count + 1;
        result = run_one(*count);
    }
    return result;
}

/** An older sequence, or none, and new steps; its length, and how it ended. */
static enum lockstep_result run_sequence(uint64_t *random, uint64_t length, size_t *count)
{
    size_t old = choose_beginning(random);
    size_t limit = old + length / 2 > length ? old + length / 2 : length;
    return run_steps(random, old, limit < SEQUENCE_MAX - 1 ? limit : SEQUENCE_MAX - 1, count);
}

/** Count what was run, and keep it if it took the kernel where nothing has before; false if kernel and model differ. */
static bool take_result(enum lockstep_result result, size_t count)
{
    totals.steps += count;
    totals.sequences++;
    if (result == LOCKSTEP_DIFFER) {
        return false;
    }
    totals.full += result == LOCKSTEP_OPEN && model.is_full;
    totals.ambiguous += result == LOCKSTEP_OPEN && !model.is_full;
    count -= result == LOCKSTEP_OPEN;
    if (coverage_end() != 0 && count > 1) {
        corpus_keep(steps, count);
    }
    return true;
}

/** A sequence of an earlier run, in `steps`: what it reaches is not new any more, and what it found must not come back. */
static bool run_old(size_t count)
{
    size_t ran;
    enum lockstep_result result = run_steps(NULL, count, count, &ran);
    if (take_result(result, ran)) {
        return true;
    }
    printf("a sequence of the corpus: ");
    difference_after = ran;
    return false;
}

static void on_signal(int number)
{
    stopped_by = number;
}

static bool is_over(const struct options *options, time_t start)
{
    bool is_late = options->seconds != 0 && (uint64_t)(time(NULL) - start) >= options->seconds;
    return stopped_by != 0 || is_late || (options->seconds == 0 && totals.steps - loaded_steps >= options->steps);
}

static int finish(FILE *report)
{
    if (report != NULL) {
        reach_report(report);
    }
    summarise();
    if (stopped_by != 0) {
        printf("lockstep: stopped by signal %d\n", stopped_by);
    }
    return stopped_by == 0 ? 0 : 1;
}

/** Until it is over or a difference is found; the exit status. */
static int search(const struct options *options, FILE *report)
{
    time_t start = time(NULL);
    uint64_t random = options->seed * 0x9e3779b97f4a7c15ul + 1;
    while (!is_over(options, start)) {
        size_t count;
        enum lockstep_result result = run_sequence(&random, options->length, &count);
        if (!take_result(result, count)) {
            printf("seed %lu, sequence %lu: ", options->seed, totals.sequences);
            difference_after = count;
            return 1;
        }
    }
    return finish(report);
}

/** What was kept is saved however the search ends; not if the corpus was not read whole, for it would be lost. */
static int search_and_save(const struct options *options, FILE *report)
{
    if (options->corpus != NULL && !corpus_load(options->corpus, steps, run_old)) {
        return difference_after != 0 ? 1 : 2;
    }
    is_corpus_read = true;
    loaded_steps = totals.steps;
    int status = search(options, report);
    return options->save == NULL || corpus_save(options->save) ? status : 2;
}

/** Hours may pass before something is written there. */
static bool can_write(const struct options *options)
{
    return (options->save == NULL || corpus_can_save(options->save)) &&
           (options->failed == NULL || corpus_can_write(options->failed));
}

static int run(const struct options *options)
{
    if (!can_write(options)) {
        return 2;
    }
    FILE *report = options->report == NULL ? NULL : fopen(options->report, "w");
    if (options->report != NULL && report == NULL) {
        perror(options->report);
        return 2;
    }
    search_options = options;
    __sanitizer_set_death_callback(on_death);
    (void)signal(SIGTERM, on_signal);
    (void)signal(SIGINT, on_signal);
    int status = search_and_save(options, report);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGINT, SIG_DFL);
    if (report != NULL) {
        (void)fclose(report);
    }
    if (difference_after != 0) {
        explain(difference_after, options->failed);
    }
    return status;
}

/* --- files --- */

static int replay(int count, char **paths, bool is_adopted)
{
    int status = 0;
    for (int i = 0; i < count; i++) {
        size_t length = corpus_read(paths[i], steps, is_adopted);
        size_t at = 0;
        if (length == 0) {
            status = 2;
            continue;
        }
        enum lockstep_result result = lockstep_run(steps, length, &at);
        totals.steps += at + 1;
        totals.sequences++;
        if (result == LOCKSTEP_DIFFER) {
            printf("%s: step %zu:\n%s", paths[i], at + 1, lockstep_text());
            status = 1;
        } else if (is_adopted && !corpus_write(paths[i], steps, length)) {
            status = 2;
        }
    }
    printf("lockstep: %lu steps in %lu sequences run\n", totals.steps, totals.sequences);
    return status;
}

static int show(const char *path)
{
    size_t count = corpus_read(path, steps, false);
    if (count == 0) {
        return 2;
    }
    print_sequence(count);
    printf("\n");
    lockstep_print_test(steps, count, "a_sequence");
    return 0;
}

/* --- the command line --- */

static bool parse_number(const char *name, const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || strchr(text, '-') != NULL) {
        (void)fprintf(stderr, "lockstep: %s %s: a number is needed, 0 or more\n", name, text);
        return false;
    }
    return true;
}

static bool parse(int count, char **arguments, struct options *options)
{
    const struct {
        const char *name;
        uint64_t *number;
        const char **text;
    } known[] = {
        {"--seed", &options->seed, NULL},       {"--steps", &options->steps, NULL},
        {"--seconds", &options->seconds, NULL}, {"--length", &options->length, NULL},
        {"--corpus", NULL, &options->corpus},   {"--save", NULL, &options->save},
        {"--report", NULL, &options->report},   {"--failed", NULL, &options->failed},
    };
    for (int i = 0; i + 1 < count; i += 2) {
        unsigned int k = 0;
        while (k < sizeof(known) / sizeof(known[0]) && strcmp(known[k].name, arguments[i]) != 0) {
            k++;
        }
        if (k == sizeof(known) / sizeof(known[0])) {
            (void)fprintf(stderr, "lockstep: no option %s\n%s", arguments[i], USAGE);
            return false;
        }
        if (known[k].text != NULL) {
            *known[k].text = arguments[i + 1];
        } else if (!parse_number(known[k].name, arguments[i + 1], known[k].number)) {
            return false;
        }
    }
    if (count % 2 != 0) {
        (void)fprintf(stderr, "lockstep: %s needs a value\n%s", arguments[count - 1], USAGE);
    }
    return count % 2 == 0;
}

/** A run of nothing would agree. */
static bool is_something_to_run(const struct options *options)
{
    if (options->length == 0 || options->length >= SEQUENCE_MAX) {
        (void)fprintf(stderr, "lockstep: --length %lu: sequences have 1 to %d steps\n", options->length,
                      SEQUENCE_MAX - 1);
        return false;
    }
    if (options->steps == 0 && options->seconds == 0 && options->corpus == NULL) {
        (void)fprintf(stderr, "lockstep: --steps 0: nothing is run; give --steps, --seconds or --corpus\n");
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {.seed = 1, .steps = 60000, .length = LENGTH_DEFAULT};
    if (argc >= 2 && strcmp(argv[1], "run") == 0) {
        return parse(argc - 2, argv + 2, &options) && is_something_to_run(&options) ? run(&options) : 2;
    }
    if (argc >= 3 && strcmp(argv[1], "replay") == 0) {
        return replay(argc - 2, argv + 2, false);
    }
    if (argc >= 3 && strcmp(argv[1], "adopt") == 0) {
        return replay(argc - 2, argv + 2, true);
    }
    if (argc == 3 && strcmp(argv[1], "show") == 0) {
        return show(argv[2]);
    }
    (void)fprintf(stderr, "%s", USAGE);
    return 2;
}
