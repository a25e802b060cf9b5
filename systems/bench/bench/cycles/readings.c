/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lists' Frame, and a line for each row: readings.h.
 */
#include "systems/bench/bench/cycles/readings.h"

#include "systems/bench/bench/cycles/percentiles.h"
#include "systems/bench/bench/stage.h"

#define NAME_WIDTH   32
#define NUMBER_WIDTH 12
#define LINE_BYTES   160
#define LIST_BYTES   (READINGS_LIST_PAGES * 4096ull)

struct list {
    const char *name;
    uint64_t start;
    uint64_t count;
    uint64_t unused[5];
    uint32_t value[READINGS_MAX];
};

_Static_assert(__builtin_offsetof(struct list, start) == READINGS_START, "readings.inc");
_Static_assert(__builtin_offsetof(struct list, count) == READINGS_COUNT, "readings.inc");
_Static_assert(__builtin_offsetof(struct list, value) == READINGS_VALUES, "readings.inc");
_Static_assert(sizeof(struct list) <= LIST_BYTES, "a list lies in its pages");

SEL_USES_CAP(untyped1);

static sel_cap_t frame; /* in the CNode's last slot, which no row comes near; 0: none yet */
static uint64_t cost;   /* of a reading */

static struct list *list_at(uint64_t index)
{
    return (struct list *)(READINGS_AT + index * LIST_BYTES); // NOLINT(performance-no-int-to-ptr)
}

static void map(sel_cap_t cap, sel_cap_t space)
{
    stage_must(sel_frame_map(cap, space, READINGS_AT, SEL_RIGHT_READ | SEL_RIGHT_WRITE, FRAME_ATTRIBUTE_NORMAL),
               "map the readings");
}

void readings_open(void)
{
    frame = sel_spec.cnode_slot_count - 1;
    stage_must(sel_untyped_retype(sel_cap_untyped1, OBJECT_TYPE_FRAME, READINGS_FRAME_BITS, sel_cap_cnode, frame, 1),
               "make the readings");
    map(frame, sel_cap_vspace);
}

void readings_map(sel_cap_t space)
{
    map(stage_copy(frame, SEL_RIGHT_READ | SEL_RIGHT_WRITE, 0), space);
}

static void fill(struct sel_text *line, uint64_t width, uint64_t used)
{
    for (; used < width; used++) {
        sel_text_char(line, ' ');
    }
}

static void add_number(struct sel_text *line, uint64_t value)
{
    char digits[24];
    struct sel_text text = sel_text_start(digits, sizeof(digits));

    sel_text_decimal(&text, value);
    fill(line, NUMBER_WIDTH, text.length);
    sel_text_string(line, digits);
}

static uint64_t without_cost(uint32_t value)
{
    return value > cost ? value - cost : 0;
}

static void tell(struct list *list)
{
    static const uint8_t percents[] = {50, 90, 99, 100};
    char buffer[LINE_BYTES];
    struct sel_text line = sel_text_start(buffer, sizeof(buffer));

    numbers_sort(list->value, list->count);
    sel_text_string(&line, list->name);
    fill(&line, NAME_WIDTH, line.length);
    add_number(&line, list->count);
    add_number(&line, without_cost(list->value[0]));
    for (uint64_t i = 0; i < sizeof(percents); i++) {
        add_number(&line, without_cost(numbers_percentile(list->value, list->count, percents[i])));
    }
    sel_text_char(&line, '\n');
    sel_console_print(buffer);
    if (cost == 0) {
        cost = numbers_percentile(list->value, list->count, 50);
    }
}

void readings_tell(void)
{
    for (uint64_t i = 0; frame != 0 && i < READINGS_LISTS; i++) {
        if (list_at(i)->count > 0) {
            tell(list_at(i));
        }
        list_at(i)->count = 0;
        list_at(i)->name = NULL; /* or what ends only in the next stage would be taken for what began in this one */
    }
}
