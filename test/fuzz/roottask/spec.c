/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Target roottask_spec: a compiled spec that is damaged, cut or made up. Whatever spec_open accepts is carried out in full: objects, contents,
 * threads, audit, giving up, and messages to the supervisor, under a kernel that refuses one call and lies to the audit now and then (kernel.c). Nothing outside spec.bin, the
 * own slots and the windows is touched.
 */
#include <stdlib.h>
#include <string.h>

#include "roottask/audit.h"
#include "roottask/construct.h"
#include "roottask/give_up.h"
#include "roottask/report.h"
#include "roottask/supervise.h"
#include "roottask/threads.h"
#include "test/fuzz/roottask/kernel.h"
#include "test/fuzz/roottask/made.h"
#include "test/unit/roottask/spec_builder.h"

#define RECORD_BYTES    12
#define EDITS_MAX       32
#define FIRST_FREE_SLOT 20
#define ANSWERS_AT      3 /* in the first record: what the kernel says */
#define CALLS_MAX       2048

const size_t fuzz_record_bytes = RECORD_BYTES;

/** The small system of the unit tests with a few fields changed. */
static uint8_t *edited(const uint8_t *data, size_t size, size_t *bytes)
{
    struct spec_builder builder;
    builder_small_system(&builder);
    uint8_t *spec = builder_finish(&builder, bytes);
    for (size_t i = 1; (i + 1) * RECORD_BYTES <= size && i < EDITS_MAX; i++) {
        struct fuzz_input input = {.at = data + i * RECORD_BYTES, .left = RECORD_BYTES};
        uint8_t class = fuzz_u8(&input);
        unsigned width = 1u << class % 4;
        size_t at = fuzz_number(&input, 2) % (*bytes - sizeof(uint64_t)) & ~(size_t)(width - 1);
        at = class < 64 ? at % sizeof(struct spec_header) : at;
        uint64_t value;
        memcpy(&value, spec + at, sizeof(value));
        uint64_t word = fuzz_word(&input);
        value = class & 8   ? *bytes + (class & 16 ? 0 : (word & 15) - 8) /* at the end, and around it */
                : class & 4 ? word
                            : value + word;
        memcpy(spec + at, &value, width);
    }
    return spec;
}

static void read_boot_memory(struct boot_memory *memory)
{
    static const uint64_t untypeds[][4] = {
        {0x41000000, 24, UNTYPED_KIND_RAM, 16},
        {0x40804000, 14, UNTYPED_KIND_PRELOADED, 17},
        {0x40808000, 15, UNTYPED_KIND_PRELOADED, 18},
        {0x08000000, 26, UNTYPED_KIND_DEVICE, 19},
    };
    uint64_t info[512] = {[BOOT_INFO_MAGIC] = BOOT_INFO_MAGIC_VALUE, [BOOT_INFO_UNTYPED_COUNT] = 4};
    info[BOOT_INFO_SLOT_COUNT] = OWN_SLOTS;
    info[BOOT_INFO_FIRST_FREE_SLOT] = FIRST_FREE_SLOT;
    info[BOOT_INFO_PAYLOAD_PHYSICAL] = 0x40800000;
    memcpy(&info[BOOT_INFO_UNTYPED_OFFSET], untypeds, sizeof(untypeds));
    fuzz_check(boot_memory_read(memory, info), "the boot information is right, and was refused");
}

static void ask_names(const struct spec *spec)
{
    static volatile size_t sum;
    for (uint32_t slot = 0; slot < OWN_SLOTS; slot++) {
        sum += strlen(spec_slot_name(spec, slot));
    }
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_THREAD); i++) {
        const struct spec_symbol *symbol = spec_find_symbol(spec, &spec->thread[i], SMALL_VADDR + i * 0x21);
        sum += symbol != NULL ? strlen(spec_string(spec, symbol->name)) : 0;
    }
}

/** A syndrome whose class the supervisor has a sentence for, more often than not. */
static uint64_t pick_syndrome(struct fuzz_input *input)
{
    static const uint8_t classes[] = {0x00, 0x07, 0x20, 0x24, 0x3c, 0x3c, 0x3c};
    uint8_t class = fuzz_u8(input);
    uint64_t low = fuzz_number(input, 2);
    uint64_t exits[] = {PROCESS_BRK_EXIT, PROCESS_BRK_ABORT, low, low};
    return (uint64_t)(class < 128 ? classes[class % 7] : class % 64) << 26 | exits[class % 4];
}

static struct fuzz_input messages;

bool message_next(uint64_t *tag, uint64_t *words, uint64_t *badge)
{
    for (unsigned i = 0; i < 4; i++) {
        words[i] = fuzz_word(&messages);
    }
    *badge = fuzz_u8(&messages) % 4;
    uint8_t label = fuzz_u8(&messages);
    *tag = tag_make(label % 8, 4, 0) | (label & 128 ? TAG_KERNEL : 0);
    unsigned place = label % 8 == FAULT_MEMORY ? FAULT_MEMORY_WORD_ESR : FAULT_EXCEPTION_WORD_ESR;
    words[place] = label & 128 ? pick_syndrome(&messages) : words[place];
    return messages.left != 0;
}

static void carry_out(const struct spec *spec)
{
    static struct boot_memory memory;
    struct window window = {.source = (uintptr_t)answers.window,
                            .target = (uintptr_t)answers.window + WINDOW_BYTES / 2};
    struct audit audit = {0};
    read_boot_memory(&memory);
    memory.skip_slot = spec->header->skip_slot;
    memory.skip_end = memory.skip_slot + spec->header->skip_count;
    memory.spec_first_slot = OWN_SLOTS;
    /* In the order of roottask/main.c, which goes on only while all went well. */
    bool is_made = construct_objects(spec, &memory) && construct_fixed_frames(spec, &memory) &&
                   construct_capabilities(spec) && construct_contents(spec, &window) && construct_mappings(spec) &&
                   threads_give_time(spec) && threads_configure(spec) && threads_bind_signals(spec);
    if (!is_made) {
        return;
    }
    audit_system(&audit, spec);
    if (give_up(spec, &memory)) {
        audit_own(&audit, &memory);
        (void)threads_start(spec);
        supervise(spec);
    }
}

static void set_answers(struct fuzz_input *input)
{
    uint32_t call = (uint32_t)fuzz_number(input, 2);
    answers.refused_call = call & 1 ? call / 2 % CALLS_MAX : 0;
    answers.lie_every = fuzz_u8(input) % 64;
    answers.lie = fuzz_number(input, 2) << fuzz_u8(input) % 40;
    made_nothing(FIRST_FREE_SLOT);
}

static void try(const uint8_t *bytes, size_t size, const uint8_t *data, size_t data_size)
{
    struct spec spec;
    struct spec_problem problem = {0};
    struct spec_limits limits = {.available_bytes = size, .first_free_slot = FIRST_FREE_SLOT, .slot_end = OWN_SLOTS};
    if (!spec_open(&spec, bytes, &limits, &problem)) {
        fuzz_check(problem.sentence != NULL && problem.field != NULL, "refused without a word");
        report_problem(&problem);
        return;
    }
    ask_names(&spec);
    set_answers(&(struct fuzz_input){.at = data + ANSWERS_AT, .left = RECORD_BYTES - ANSWERS_AT});
    messages = (struct fuzz_input){.at = data, .left = data_size};
    carry_out(&spec);
}

/** The bytes as they are, at an address as aligned as a page's. */
static void try_exact(const uint8_t *bytes, size_t size, const uint8_t *data, size_t data_size)
{
    uint8_t *copy = NULL;
    if (posix_memalign((void **)&copy, sizeof(uint64_t), size != 0 ? size : 1) == 0) {
        memcpy(copy, bytes, size);
        try(copy, size, data, data_size);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t window[WINDOW_BYTES] __attribute__((aligned(4096)));
    answers = (struct answers){.window = window};
    if (size < RECORD_BYTES) {
        return 0;
    }
    if (data[0] == UINT8_MAX) {
        try_exact(data + RECORD_BYTES, size - RECORD_BYTES, data, RECORD_BYTES);
        return 0;
    }
    size_t bytes = 0;
    uint8_t *spec = edited(data, size, &bytes);
    size_t cut = data[0] < 16 ? (data[1] | (size_t)data[2] << 8) % bytes : bytes;
    try_exact(spec, cut, data, size);
    free(spec);
    return 0;
}
