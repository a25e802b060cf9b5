/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU plugin: what each repetition of a benchmark's row executes. A row begins when the instruction at one address is about to be executed and
 * ends at another (or at the same one: from head to head of a loop).
 *
 *   -plugin rows.so,out=FILE,kernel=START:END,facts=FILE,row=START:END:COUNT...[,stretch=ROW][,tally=ADDRESS][,limit=COUNT][,follow=1[,trace=FILE]]
 *
 * An address with `k` in front is the kernel's, others are those of processes and guests. COUNT repetitions of each row are recorded; when
 * all rows have theirs the run ends. `facts` has 16 bits for each instruction of the kernel (tools/bench/facts.py). `tally` counts executions of an address.
 * The row `stretch` has one record, at the end of the run: the longest stretch of the kernel's between its entries, looks at interrupts and exits.
 * FILE receives records of RECORD_WORDS little-endian 32-bit words. With `follow` it receives instead what the last repetition of each row touches
 * (touched.h); bit 63 of an instruction's address is set for the kernel's. `trace` receives the addresses executed in the last repetition of
 * the one row there is, 64 bits each. It measures, it never changes the run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_code.h"
#include "touched.h"
#include <unistd.h>

#define ROW_MAX          256
#define TRACE_MAX        (1u << 26)
#define KERNEL_FLAG      (1ull << 63)
#define EXIT_TOO_MANY    3
#define FACT_WORDS(f, n) (((f) >> (n)) & 0xfu)
#define FACT_SYSTEM      (1u << 8)
#define FACT_BARRIER     (1u << 9)
#define FACT_EXCEPTION   (1u << 10)
#define FACT_LOOK        (1u << 11)
#define FACT_EXIT        (1u << 12)
#define FACT_BOUNDARY    (FACT_EXCEPTION | FACT_LOOK | FACT_EXIT)

enum counter {
    COUNT_USER,
    COUNT_KERNEL,
    COUNT_LOADS,
    COUNT_LOADED_WORDS,
    COUNT_STORES,
    COUNT_STORED_WORDS,
    COUNT_SYSTEM_WRITES,
    COUNT_BARRIERS,
    COUNT_EXCEPTIONS,
    COUNT_TALLY,
    COUNTER_MAX,
};

struct place {
    uint64_t address;
    bool is_kernel;
};

struct row {
    struct place start;
    struct place end;
    uint64_t wanted;
    uint64_t recorded;
    bool is_open;
    bool is_followed;
    struct touches touches;
    uint64_t begin[COUNTER_MAX];
};

/* An instruction as it was translated; `address` is that of its line. */
struct seen {
    uint64_t where;
    uint64_t address;
};

static uint64_t counters[COUNTER_MAX];
static struct row rows[ROW_MAX];
static uint32_t row_count;
static uint32_t rows_left;
static uint16_t *facts;
static struct place tally;
static uint64_t limit = UINT64_MAX;
static struct row *stretch;
static uint64_t longest[COUNTER_MAX];
static bool is_following;
static uint32_t followed_count; /* rows in whose last repetition the machine is */
static uint64_t *trace;
static uint64_t trace_length;
static FILE *trace_out;
static FILE *out;

/** QEMU's own way out would wait for this very thread. */
static _Noreturn void leave(int code)
{
    fflush(NULL);
    _exit(code);
}

static void finish(void)
{
    if (trace_out != NULL) {
        fwrite(trace, sizeof(*trace), trace_length, trace_out);
    }
    leave(0);
}

static void unfollow(struct row *row)
{
    if (row->is_followed) {
        row->is_followed = false;
        followed_count--;
        touches_free(&row->touches);
    }
}

/** A beginning that comes again before the end is the row's true one. */
static void follow(struct row *row)
{
    unfollow(row);
    row->is_followed = true;
    followed_count++;
    touches_init(&row->touches, TOUCHES_BITS_LEAST);
    trace_length = 0;
}

static void record(struct row *row)
{
    uint32_t words[1 + COUNTER_MAX] = {(uint32_t)(row - rows)};

    for (unsigned int i = 0; i < COUNTER_MAX; i++) {
        words[1 + i] = (uint32_t)(counters[i] - row->begin[i]);
    }
    if (!is_following) {
        fwrite(words, sizeof(words), 1, out);
    } else if (row->is_followed) {
        touches_write(&row->touches, (uint64_t)(row - rows), out);
        unfollow(row);
    }
    if (++row->recorded == row->wanted && --rows_left == 0) {
        finish();
    }
}

static void begin(struct row *row)
{
    memcpy(row->begin, counters, sizeof(counters));
    row->is_open = true;
    if (is_following && row != stretch && row->recorded + 1 == row->wanted) {
        follow(row);
    }
}

static bool is_at(struct place place, uint64_t address, bool is_kernel)
{
    return place.address == address && place.is_kernel == is_kernel;
}

static void see_end(unsigned int cpu, void *data)
{
    (void)cpu;
    struct row *row = data;
    if (row->is_open && row->recorded < row->wanted) {
        row->is_open = false;
        record(row);
    }
}

static void see_start(unsigned int cpu, void *data)
{
    (void)cpu;
    begin(data);
}

/** An exception taken, a look or an exit: the stretch before it is over; what comes after an exit is none. */
static void see_boundary(unsigned int cpu, void *data)
{
    (void)cpu;
    uint64_t fact = (uint64_t)(uintptr_t)data;

    if (stretch->is_open && counters[COUNT_KERNEL] - stretch->begin[COUNT_KERNEL] > longest[COUNT_KERNEL]) {
        for (unsigned int i = 0; i < COUNTER_MAX; i++) {
            longest[i] = counters[i] - stretch->begin[i];
        }
    }
    if ((fact & FACT_EXIT) != 0) {
        stretch->is_open = false;
    } else if (stretch->is_open || (fact & FACT_EXCEPTION) != 0) {
        begin(stretch);
    }
}

static void see_block(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    if (counters[COUNT_USER] + counters[COUNT_KERNEL] > limit) {
        leave(EXIT_TOO_MANY);
    }
}

static void touch(uint64_t where, uint64_t address, enum touch_kind kind)
{
    for (uint32_t i = 0; i < row_count; i++) {
        if (rows[i].is_followed) {
            touches_add(&rows[i].touches, where, address, kind);
        }
    }
}

static void see_followed(unsigned int cpu, void *data)
{
    (void)cpu;
    const struct seen *seen = data;

    if (followed_count == 0) {
        return;
    }
    touch(seen->where, seen->address, TOUCH_CODE);
    if (trace != NULL && trace_length < TRACE_MAX) {
        trace[trace_length++] = seen->where;
    }
}

/** Registers of devices are no memory, and in no line. An access that faults is not seen. */
static void see_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    (void)cpu;
    const struct seen *seen = data;

    if (followed_count == 0) {
        return;
    }
    const struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(info, address);
    if (place == NULL) {
        fprintf(stderr, "QEMU does not tell where in memory %#llx is\n", (unsigned long long)address);
        leave(KERNEL_CODE_EXIT);
    }
    if (!qemu_plugin_hwaddr_is_io(place)) {
        enum touch_kind kind = qemu_plugin_mem_is_store(info) ? TOUCH_STORE : TOUCH_LOAD;
        uint64_t first = qemu_plugin_hwaddr_phys_addr(place);
        uint64_t last = first + (1ull << qemu_plugin_mem_size_shift(info)) - 1;
        touch(seen->where, first, kind);
        if (last / LINE_BYTES != first / LINE_BYTES) {
            touch(seen->where, last, kind);
        }
    }
}

/** Lives as long as QEMU, which may execute what it has translated at any time. */
static void follow_instruction(struct qemu_plugin_insn *insn, uint64_t address, bool is_kernel)
{
    const char *host = qemu_plugin_insn_haddr(insn);
    struct seen *seen = malloc(sizeof(*seen));

    if (seen == NULL) {
        fprintf(stderr, "no memory to follow the rows\n");
        leave(KERNEL_CODE_EXIT);
    }
    seen->where = address | (is_kernel ? KERNEL_FLAG : 0);
    seen->address = host == NULL ? address : (uint64_t)(uintptr_t)host - host_offset;
    qemu_plugin_register_vcpu_insn_exec_cb(insn, see_followed, QEMU_PLUGIN_CB_NO_REGS, seen);
    qemu_plugin_register_vcpu_mem_cb(insn, see_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, seen);
}

static void add(struct qemu_plugin_insn *insn, enum counter counter, uint64_t summand)
{
    if (summand != 0) {
        plugin_count(insn, &counters[counter], summand);
    }
}

static void count_facts(struct qemu_plugin_insn *insn, uint16_t fact)
{
    add(insn, COUNT_LOADS, FACT_WORDS(fact, 0) != 0);
    add(insn, COUNT_LOADED_WORDS, FACT_WORDS(fact, 0));
    add(insn, COUNT_STORES, FACT_WORDS(fact, 4) != 0);
    add(insn, COUNT_STORED_WORDS, FACT_WORDS(fact, 4));
    add(insn, COUNT_SYSTEM_WRITES, (fact & FACT_SYSTEM) != 0);
    add(insn, COUNT_BARRIERS, (fact & FACT_BARRIER) != 0);
    add(insn, COUNT_EXCEPTIONS, (fact & FACT_EXCEPTION) != 0);
}

/** Ends before starts: at the head of a loop one repetition ends where the next begins. */
static void see_rows(struct qemu_plugin_insn *insn, uint64_t address, bool is_kernel)
{
    for (uint32_t i = 0; i < row_count; i++) {
        if (is_at(rows[i].end, address, is_kernel)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, see_end, QEMU_PLUGIN_CB_NO_REGS, &rows[i]);
        }
    }
    for (uint32_t i = 0; i < row_count; i++) {
        if (is_at(rows[i].start, address, is_kernel)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, see_start, QEMU_PLUGIN_CB_NO_REGS, &rows[i]);
        }
    }
}

static void see_instruction(struct qemu_plugin_insn *insn)
{
    uint64_t address = qemu_plugin_insn_vaddr(insn);
    bool is_kernel = kernel_code_has(insn, address);
    uint16_t fact = is_kernel ? facts[(address - kernel_code.start) / 4] : 0;

    /* What looks at counters comes before the instruction is counted. */
    see_rows(insn, address, is_kernel);
    if (stretch != NULL && (fact & FACT_BOUNDARY) != 0) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, see_boundary, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)fact);
    }
    if (is_following) {
        follow_instruction(insn, address, is_kernel);
    }
    add(insn, is_kernel ? COUNT_KERNEL : COUNT_USER, 1);
    count_facts(insn, fact);
    if (is_at(tally, address, is_kernel)) {
        add(insn, COUNT_TALLY, 1);
    }
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);

    qemu_plugin_register_vcpu_tb_exec_cb(block, see_block, QEMU_PLUGIN_CB_NO_REGS, NULL);
    for (size_t i = 0; i < count; i++) {
        see_instruction(qemu_plugin_tb_get_insn(block, i));
    }
}

static struct place take_place(const char *text, char **end)
{
    bool is_kernel = *text == 'k';
    return (struct place){.address = strtoull(text + is_kernel, end, 0), .is_kernel = is_kernel};
}

static bool take_row(const char *text)
{
    char *end;
    struct row *row = &rows[row_count];

    if (row_count == ROW_MAX) {
        return false;
    }
    row->start = take_place(text, &end);
    row->end = *end == ':' ? take_place(end + 1, &end) : row->start;
    row->wanted = *end == ':' ? strtoull(end + 1, &end, 0) : 0;
    row_count++;
    rows_left++;
    return row->wanted != 0 && *end == '\0';
}

static bool take_kernel(const char *text)
{
    return take_range(text, &kernel_code) &&
           (facts = calloc((kernel_code.end - kernel_code.start) / 4, sizeof(*facts))) != NULL;
}

static bool take_facts(const char *path)
{
    size_t count = (kernel_code.end - kernel_code.start) / 4;
    FILE *file = facts == NULL ? NULL : fopen(path, "rb");
    bool is_read = file != NULL && fread(facts, sizeof(*facts), count, file) == count;

    if (file != NULL) {
        fclose(file);
    }
    return is_read;
}

static bool take_stretch(const char *text)
{
    uint64_t index = strtoull(text, NULL, 0);

    stretch = index < row_count ? &rows[index] : NULL;
    return stretch != NULL;
}

static bool take_trace(const char *path)
{
    trace = calloc(TRACE_MAX, sizeof(*trace));
    trace_out = fopen(path, "wb");
    return trace != NULL && trace_out != NULL && row_count == 1;
}

static const char *after(const char *argument, const char *name)
{
    size_t length = strlen(name);
    return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

static bool take_argument(const char *argument)
{
    const char *value;
    char *end;

    if ((value = after(argument, "out=")) != NULL) {
        return (out = fopen(value, "wb")) != NULL;
    }
    if ((value = after(argument, "kernel=")) != NULL) {
        return take_kernel(value);
    }
    if ((value = after(argument, "facts=")) != NULL) {
        return take_facts(value);
    }
    if ((value = after(argument, "row=")) != NULL) {
        return take_row(value);
    }
    if ((value = after(argument, "stretch=")) != NULL) {
        return take_stretch(value);
    }
    if ((value = after(argument, "tally=")) != NULL) {
        tally = take_place(value, &end);
        return *end == '\0';
    }
    if ((value = after(argument, "limit=")) != NULL) {
        return (limit = strtoull(value, NULL, 0)) != 0;
    }
    if ((value = after(argument, "follow=")) != NULL) {
        is_following = true;
        return true;
    }
    return (value = after(argument, "trace=")) != NULL && take_trace(value);
}

static void end_of_run(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    if (stretch != NULL && longest[COUNT_KERNEL] != 0) {
        memset(stretch->begin, 0, sizeof(stretch->begin));
        memcpy(counters, longest, sizeof(counters));
        record(stretch);
    }
    fflush(out);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!take_argument(argv[i])) {
            fprintf(stderr, "rows: bad argument '%s'; see the head of rows.c\n", argv[i]);
            return -1;
        }
    }
    if (out == NULL || facts == NULL || row_count == 0) {
        fprintf(stderr, "rows: give out=FILE, kernel=START:END, facts=FILE and rows\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, end_of_run, NULL);
    return 0;
}
