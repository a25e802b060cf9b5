/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checks of spec.bin, done once before anything is executed. spec.bin comes with the image, but a truncated or patched image must end
 * in a sentence and not in a fault of the first process. Checks are data: one rule a field that could lead out of bounds. What the kernel
 * checks itself (types, rights, alignments) is left to the kernel.
 */
#include <string.h>

#include "roottask/spec.h"

enum rule_kind {
    RULE_STRING,        /* offset of a string */
    RULE_OWN_SLOT,      /* an own slot, also one that the kernel filled */
    RULE_OPTIONAL_SLOT, /* the same or 0 */
    RULE_NEW_SLOTS, /* first of `count` own slots filled by the roottask; argument = offset of the count, 0 = one slot */
    RULE_USED_SLOTS,     /* first of `count` own slots; argument = offset of the count */
    RULE_INDEX,          /* row of table `argument` */
    RULE_OPTIONAL_INDEX, /* row of table `argument` plus 1, or 0 */
    RULE_ROWS,           /* first of `count` rows of a table; the count follows the field; argument = table */
    RULE_AT_MOST,        /* a number up to `argument` */
    RULE_FRAME_BITS,     /* 12, 21 or 30 */
    RULE_COUNT,          /* 1 or more */
};

struct rule {
    uint8_t table;
    uint8_t kind;
    uint8_t offset;
    uint8_t width;
    uint32_t argument;
    const char *field;
};

#define WIDTH(table, member) sizeof(((struct spec_##table *)0)->member)
#define FIELD(enumerator, table, member, kind, argument)                                                               \
    {SPEC_TABLE_##enumerator, kind, offsetof(struct spec_##table, member), WIDTH(table, member), argument, #member}

static const struct rule rules[] = {
    FIELD(PART, part, name, RULE_STRING, 0),
    FIELD(PART, part, first_untyped, RULE_ROWS, SPEC_TABLE_UNTYPED),
    FIELD(UNTYPED, untyped, slot, RULE_NEW_SLOTS, 0),
    FIELD(UNTYPED, untyped, part, RULE_INDEX, SPEC_TABLE_PART),
    FIELD(UNTYPED, untyped, size_bits, RULE_AT_MOST, 47),
    FIELD(OBJECT, object, count, RULE_COUNT, 0),
    FIELD(OBJECT, object, slot, RULE_NEW_SLOTS, offsetof(struct spec_object, count)),
    FIELD(OBJECT, object, untyped, RULE_INDEX, SPEC_TABLE_UNTYPED),
    FIELD(OBJECT, object, name, RULE_STRING, 0),
    FIELD(FIXED_FRAME, fixed_frame, count, RULE_COUNT, 0),
    FIELD(FIXED_FRAME, fixed_frame, slot, RULE_NEW_SLOTS, offsetof(struct spec_fixed_frame, count)),
    FIELD(FIXED_FRAME, fixed_frame, kind, RULE_AT_MOST, SPEC_FIXED_PAYLOAD),
    FIELD(FIXED_FRAME, fixed_frame, size_bits, RULE_FRAME_BITS, 0),
    FIELD(FIXED_FRAME, fixed_frame, name, RULE_STRING, 0),
    FIELD(IRQ_HANDLER, irq_handler, slot, RULE_NEW_SLOTS, 0),
    FIELD(IRQ_HANDLER, irq_handler, name, RULE_STRING, 0),
    FIELD(CAPABILITY, capability, source, RULE_OWN_SLOT, 0),
    FIELD(CAPABILITY, capability, cnode, RULE_OPTIONAL_SLOT, 0),
    FIELD(CAPABILITY, capability, name, RULE_STRING, 0),
    FIELD(COPY, copy, source_slot, RULE_OWN_SLOT, 0),
    FIELD(COPY, copy, frame_slot, RULE_OWN_SLOT, 0),
    FIELD(MAPPING, mapping, count, RULE_COUNT, 0),
    FIELD(MAPPING, mapping, frame_slot, RULE_USED_SLOTS, offsetof(struct spec_mapping, count)),
    FIELD(MAPPING, mapping, vspace_slot, RULE_OWN_SLOT, 0),
    FIELD(MAPPING, mapping, size_bits, RULE_FRAME_BITS, 0),
    FIELD(SCHED, sched, slot, RULE_OWN_SLOT, 0),
    FIELD(SCHED, sched, thread_slot, RULE_OPTIONAL_SLOT, 0),
    FIELD(SCHED, sched, home_slot, RULE_OPTIONAL_SLOT, 0),
    FIELD(THREAD, thread, name, RULE_STRING, 0),
    FIELD(THREAD, thread, part, RULE_INDEX, SPEC_TABLE_PART),
    FIELD(THREAD, thread, tcb_slot, RULE_OWN_SLOT, 0),
    FIELD(THREAD, thread, cspace_slot, RULE_OWN_SLOT, 0),
    FIELD(THREAD, thread, vspace_slot, RULE_OWN_SLOT, 0),
    FIELD(THREAD, thread, buffer_slot, RULE_OPTIONAL_SLOT, 0),
    FIELD(THREAD, thread, fault_slot, RULE_OPTIONAL_SLOT, 0),
    FIELD(THREAD, thread, timeout_slot, RULE_OPTIONAL_SLOT, 0),
    FIELD(THREAD, thread, notification_slot, RULE_OPTIONAL_SLOT, 0),
    FIELD(THREAD, thread, vcpu_slot, RULE_OPTIONAL_SLOT, 0),
    FIELD(THREAD, thread, sched, RULE_OPTIONAL_INDEX, SPEC_TABLE_SCHED),
    FIELD(THREAD, thread, first_symbol, RULE_ROWS, SPEC_TABLE_SYMBOL),
    FIELD(IRQ_BIND, irq_bind, handler_slot, RULE_OWN_SLOT, 0),
    FIELD(IRQ_BIND, irq_bind, notification_slot, RULE_OWN_SLOT, 0),
    FIELD(TIMER_BIND, timer_bind, timer_slot, RULE_OWN_SLOT, 0),
    FIELD(TIMER_BIND, timer_bind, notification_slot, RULE_OWN_SLOT, 0),
    FIELD(GIVE_UP, give_up, slot, RULE_OWN_SLOT, 0),
    FIELD(SYMBOL, symbol, name, RULE_STRING, 0),
};

_Static_assert(offsetof(struct spec_part, untyped_count) == offsetof(struct spec_part, first_untyped) + 4 &&
                   offsetof(struct spec_thread, symbol_count) == offsetof(struct spec_thread, first_symbol) + 4,
               "RULE_ROWS finds the count behind the first");

static const struct {
    const char *name;
    uint32_t row_size;
} tables[SPEC_TABLE_COUNT] = {
    [SPEC_TABLE_PART] = {"part", sizeof(struct spec_part)},
    [SPEC_TABLE_UNTYPED] = {"untyped", sizeof(struct spec_untyped)},
    [SPEC_TABLE_OBJECT] = {"object", sizeof(struct spec_object)},
    [SPEC_TABLE_FIXED_FRAME] = {"fixed_frame", sizeof(struct spec_fixed_frame)},
    [SPEC_TABLE_IRQ_HANDLER] = {"irq_handler", sizeof(struct spec_irq_handler)},
    [SPEC_TABLE_CAPABILITY] = {"capability", sizeof(struct spec_capability)},
    [SPEC_TABLE_COPY] = {"copy", sizeof(struct spec_copy)},
    [SPEC_TABLE_MAPPING] = {"mapping", sizeof(struct spec_mapping)},
    [SPEC_TABLE_SCHED] = {"sched", sizeof(struct spec_sched)},
    [SPEC_TABLE_THREAD] = {"thread", sizeof(struct spec_thread)},
    [SPEC_TABLE_IRQ_BIND] = {"irq_bind", sizeof(struct spec_irq_bind)},
    [SPEC_TABLE_TIMER_BIND] = {"timer_bind", sizeof(struct spec_timer_bind)},
    [SPEC_TABLE_GIVE_UP] = {"give_up", sizeof(struct spec_give_up)},
    [SPEC_TABLE_SYMBOL] = {"symbol", sizeof(struct spec_symbol)},
};

const char *spec_table_name(uint32_t table)
{
    return table < SPEC_TABLE_COUNT ? tables[table].name : "header";
}

uint32_t spec_row_size(uint32_t table)
{
    return tables[table].row_size;
}

/** What the rules are checked against. */
struct check {
    const uint8_t *base;
    const struct spec_header *header;
    const struct spec_limits *limits;
    struct spec_problem *problem;
};

static bool refuse(const struct check *check, const char *sentence, const char *field, uint64_t given, uint64_t bound)
{
    *check->problem = (struct spec_problem){
        .sentence = sentence, .table = SPEC_TABLE_COUNT, .field = field, .given = given, .bound = bound};
    return false;
}

static uint64_t read_number(const uint8_t *bytes, uint8_t width)
{
    uint64_t value = 0;

    memcpy(&value, bytes, width); /* little-endian on every machine we build for */
    return value;
}

/** `count` slots from `first` lie in [low, slots_end). */
static bool check_slots(const struct check *check, const struct rule *rule, uint64_t first, uint64_t count,
                        uint64_t low)
{
    uint64_t end = check->header->slots_end;

    if (first < low) {
        return refuse(check, "the slot is not free for the spec", rule->field, first, low);
    }
    if (first >= end || count > end - first) {
        return refuse(check, "the slots end above slots_end", rule->field, first + count, end);
    }
    return true;
}

static bool check_rows(const struct check *check, const struct rule *rule, uint64_t first, uint64_t count)
{
    uint64_t end = check->header->tables[rule->argument].count;

    if (first > end || count > end - first) {
        return refuse(check, "there are fewer rows", rule->field, first + count, end);
    }
    return true;
}

static bool check_number(const struct check *check, const struct rule *rule, uint64_t value)
{
    switch (rule->kind) {
    case RULE_STRING:
        return (value >= sizeof(*check->header) && value < check->header->total_bytes) ||
               refuse(check, "the string lies outside spec.bin", rule->field, value, check->header->total_bytes);
    case RULE_AT_MOST:
        return value <= rule->argument || refuse(check, "the number is too large", rule->field, value, rule->argument);
    case RULE_FRAME_BITS:
        return value == 12 || value == 21 || value == 30 ||
               refuse(check, "no such Frame size (12, 21 or 30 bits)", rule->field, value, 30);
    default:
        return value != 0 || refuse(check, "the count is 0", rule->field, value, 1);
    }
}

/** Slots that a RULE_NEW_SLOTS or RULE_USED_SLOTS field begins. */
static uint64_t slot_count(const struct rule *rule, const uint8_t *row)
{
    return rule->argument == 0 ? 1 : read_number(row + rule->argument, sizeof(uint32_t));
}

static bool check_field(const struct check *check, const struct rule *rule, const uint8_t *row)
{
    uint64_t value = read_number(row + rule->offset, rule->width);

    switch (rule->kind) {
    case RULE_OPTIONAL_SLOT:
        return value == 0 || check_slots(check, rule, value, 1, 1);
    case RULE_OWN_SLOT:
        return check_slots(check, rule, value, 1, 1);
    case RULE_USED_SLOTS:
        return check_slots(check, rule, value, slot_count(rule, row), 1);
    case RULE_NEW_SLOTS:
        return check_slots(check, rule, value, slot_count(rule, row), check->limits->first_free_slot);
    case RULE_INDEX:
        return check_rows(check, rule, value, 1);
    case RULE_OPTIONAL_INDEX:
        return value == 0 || check_rows(check, rule, value - 1, 1);
    case RULE_ROWS:
        return check_rows(check, rule, value, read_number(row + rule->offset + 4, 4));
    default:
        return check_number(check, rule, value);
    }
}

static bool check_rule(const struct check *check, const struct rule *rule)
{
    const struct spec_directory_entry *entry = &check->header->tables[rule->table];
    const uint8_t *row = check->base + entry->offset;

    for (uint32_t i = 0; i < entry->count; i++, row += tables[rule->table].row_size) {
        if (!check_field(check, rule, row)) {
            check->problem->table = rule->table;
            check->problem->row = i;
            return false;
        }
    }
    return true;
}

static bool check_directory(const struct check *check)
{
    uint64_t total = check->header->total_bytes;

    for (uint32_t i = 0; i < SPEC_TABLE_COUNT; i++) {
        const struct spec_directory_entry *entry = &check->header->tables[i];
        uint64_t bytes = (uint64_t)entry->count * tables[i].row_size;
        if (entry->offset % 8 != 0 || entry->offset < sizeof(*check->header) || entry->offset > total ||
            bytes > total - entry->offset) {
            return refuse(check, "a table lies outside spec.bin", tables[i].name, entry->offset + bytes, total);
        }
    }
    return true;
}

static bool check_size(const struct check *check)
{
    if (check->limits->available_bytes < sizeof(*check->header)) {
        return refuse(check, "spec.bin is cut off", "total_bytes", check->limits->available_bytes,
                      sizeof(*check->header));
    }
    if (check->header->magic != SPEC_MAGIC) {
        return refuse(check, "this is no spec.bin", "magic", check->header->magic, SPEC_MAGIC);
    }
    if (check->header->version != SPEC_VERSION) {
        return refuse(check, "spec.bin was made for another roottask", "version", check->header->version, SPEC_VERSION);
    }
    uint64_t total = check->header->total_bytes;
    if (total > check->limits->available_bytes || total <= sizeof(*check->header) || total % 8 != 0) {
        return refuse(check, "spec.bin is cut off", "total_bytes", total, check->limits->available_bytes);
    }
    if (check->base[total - 1] != 0) {
        return refuse(check, "the strings do not end", "total_bytes", check->base[total - 1], 0);
    }
    return true;
}

static bool check_header(const struct check *check)
{
    static const struct rule own = {.kind = RULE_OWN_SLOT, .field = "header slot"};
    static const struct rule name = {.kind = RULE_STRING, .field = "system_name"};
    const struct spec_header *header = check->header;

    if (header->slots_end > check->limits->slot_end) {
        return refuse(check, "the roottask's CNode is too small", "slots_end", header->slots_end,
                      check->limits->slot_end);
    }
    if (header->skip_count != 0 &&
        !check_slots(check, &own, header->skip_slot, header->skip_count, check->limits->first_free_slot)) {
        return false;
    }
    return check_slots(check, &own, header->fault_endpoint_slot, 1, 1) &&
           check_slots(check, &own, header->reply_slot, 1, 1) &&
           check_slots(check, &own, header->power_off_slot, 1, 1) && check_number(check, &name, header->system_name);
}

/** A capability row that goes to the own CNode fills a new slot; the pages of a copy lie in slots of their own. */
static bool check_computed_slots(const struct check *check, const struct spec *spec)
{
    static const struct rule index = {.field = "index"};
    static const struct rule length = {.field = "length"};

    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_CAPABILITY); i++) {
        const struct spec_capability *row = &spec->capability[i];
        if (row->cnode == 0 && !check_slots(check, &index, row->index, 1, check->limits->first_free_slot)) {
            check->problem->table = SPEC_TABLE_CAPABILITY;
            check->problem->row = i;
            return false;
        }
    }
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_COPY); i++) {
        const struct spec_copy *row = &spec->copy[i];
        uint64_t pages = ((uint64_t)row->length + 4095) / 4096;
        if (!check_slots(check, &length, row->source_slot, pages, 1) ||
            !check_slots(check, &length, row->frame_slot, pages, 1)) {
            check->problem->table = SPEC_TABLE_COPY;
            check->problem->row = i;
            return false;
        }
    }
    return true;
}

static const void *table_start(const struct check *check, enum spec_table table)
{
    return check->base + check->header->tables[table].offset;
}

static void fill_view(struct spec *spec, const struct check *check)
{
    *spec = (struct spec){
        .base = check->base,
        .header = check->header,
        .part = table_start(check, SPEC_TABLE_PART),
        .untyped = table_start(check, SPEC_TABLE_UNTYPED),
        .object = table_start(check, SPEC_TABLE_OBJECT),
        .fixed_frame = table_start(check, SPEC_TABLE_FIXED_FRAME),
        .irq_handler = table_start(check, SPEC_TABLE_IRQ_HANDLER),
        .capability = table_start(check, SPEC_TABLE_CAPABILITY),
        .copy = table_start(check, SPEC_TABLE_COPY),
        .mapping = table_start(check, SPEC_TABLE_MAPPING),
        .sched = table_start(check, SPEC_TABLE_SCHED),
        .thread = table_start(check, SPEC_TABLE_THREAD),
        .irq_bind = table_start(check, SPEC_TABLE_IRQ_BIND),
        .timer_bind = table_start(check, SPEC_TABLE_TIMER_BIND),
        .give_up = table_start(check, SPEC_TABLE_GIVE_UP),
        .symbol = table_start(check, SPEC_TABLE_SYMBOL),
    };
}

bool spec_open(struct spec *spec, const void *bytes, const struct spec_limits *limits, struct spec_problem *problem)
{
    struct check check = {.base = bytes, .header = bytes, .limits = limits, .problem = problem};

    if (!check_size(&check) || !check_directory(&check) || !check_header(&check)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!check_rule(&check, &rules[i])) {
            return false;
        }
    }
    fill_view(spec, &check);
    return check_computed_slots(&check, spec);
}
