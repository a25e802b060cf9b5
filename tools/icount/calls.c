/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU plugin: every passage through the kernel, from an exception taken to the ERET behind it, as one record: whose, which system call, by which
 * way, who went on, and how many instructions processes and guests (`user`) and the kernel had executed by then.
 *
 *   -plugin calls.so,out=FILE,kernel=START:END,vectors=ADDRESS,way=ADDRESS:NUMBER:REPLY,...,common=ADDRESS,fast=ADDRESS,answer=ADDRESS,
 *           percpu=CURRENT:SINCE,tcb=SLOTS:COUNT:FAULT,context=PC:NUMBER,cap=MASK:LOW:SLOT,reply=TYPE:CALLER,hz=HZ,end=NS
 *
 * `way` is a function that tries system call NUMBER by a fastpath, REPLY the register that names a Reply; `common` begins the common way, `fast` ends a
 * fastpath of IPC, or hands over a fault or exit, `answer` that of a fault's answer. The others say where the kernel's structures have their fields (tools/bench/passages.py).
 * What the kernel knows is read in the machine's memory, where the kernel, identity mapped, has it; values in registers no plugin sees.
 * The run ends when the machine's time is `end`. FILE ends with a record whose flags are FLAG_END, and its number 1 if QEMU ended by itself. It measures, it never changes the run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_code.h"
#include <unistd.h>

#define WAY_MAX      4
#define ARGUMENT_MAX 8
#define PAGE_BYTES   4096
#define LOWER_EL     0x400
#define VECTOR_BYTES 0x80
#define ERET         0xd69f03e0u

enum field {
    FLAGS,
    NUMBER,
    ENTRY_TCB,
    EXIT_TCB,
    USER,
    KERNEL_IN,
    KERNEL_OUT,
    CPTR,
    CAP,
    ANSWERED,
    PC_IN,
    STATUS,
    FAULT,
    TIME,
    FIELD_COUNT,
};

enum flag {
    FLAG_SYSCALL = 1 << 0,
    FLAG_COMMON = 1 << 1,
    FLAG_FAST = 1 << 2,
    FLAG_FAST_ANSWER = 1 << 3,
    FLAG_END = 1 << 4,
};

struct way {
    uint64_t address;
    uint64_t number;
    uint64_t reply;
};

static struct {
    uint64_t vectors, common, fast, answer;
    uint64_t current, since;
    uint64_t slots, count, fault;
    uint64_t pc, number;
    uint64_t cap_mask, object_low, slot_bytes;
    uint64_t reply_type, caller;
    uint64_t hz, end;
} at;

static struct way ways[WAY_MAX];
static unsigned int way_count;
static FILE *out;

static uint64_t user;
static uint64_t kernel;
static uint64_t passage[FIELD_COUNT];
static bool is_open;

/* The kernel's clock when it looked last, and what had been executed then: an instruction is a nanosecond. */
static uint64_t looked_ticks;
static uint64_t looked_ns;
static uint64_t looked_at;

/** 0 of a field of no structure. */
static uint64_t load(uint64_t address)
{
    uint64_t value = 0;
    if (address >= PAGE_BYTES) {
        memcpy(&value, (const void *)(uintptr_t)(host_offset + address), sizeof(value));
    }
    return value;
}

static uint64_t now(void)
{
    return looked_ns + (user + kernel - looked_at);
}

static void write_end(bool is_off)
{
    uint64_t last[FIELD_COUNT] = {[FLAGS] = FLAG_END,   [NUMBER] = is_off,     [USER] = user,
                                  [KERNEL_IN] = kernel, [KERNEL_OUT] = kernel, [TIME] = now()};
    if (out != NULL) {
        fwrite(last, sizeof(last), 1, out);
        fclose(out);
        out = NULL;
    }
}

/** QEMU's own way out would wait for this very thread. */
static _Noreturn void leave(int code)
{
    write_end(false);
    fflush(NULL);
    _exit(code);
}

static void see_vector(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    memset(passage, 0, sizeof(passage));
    passage[ENTRY_TCB] = load(at.current);
    passage[USER] = user;
    passage[KERNEL_IN] = kernel;
    is_open = true;
}

/** The first word of the capability `cptr` of a thread; 0 where there is none. */
static uint64_t capability(uint64_t tcb, uint64_t cptr)
{
    return cptr < load(tcb + at.count) ? load(load(tcb + at.slots) + cptr * at.slot_bytes) : 0;
}

static void begin_syscall(uint64_t number, uint64_t reply_register)
{
    uint64_t tcb = passage[ENTRY_TCB];
    uint64_t reply = capability(tcb, load(tcb + 8 * reply_register));

    passage[FLAGS] |= FLAG_SYSCALL;
    passage[NUMBER] = number;
    passage[CPTR] = load(tcb);
    passage[CAP] = capability(tcb, passage[CPTR]);
    passage[PC_IN] = load(tcb + at.pc);
    if ((reply & at.cap_mask) == at.reply_type) {
        passage[ANSWERED] = load((reply >> at.object_low) + at.caller);
    }
}

static void see_way(unsigned int cpu, void *data)
{
    (void)cpu;
    const struct way *way = data;
    begin_syscall(way->number, way->reply);
}

static void see_common(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    if ((passage[FLAGS] & FLAG_SYSCALL) == 0) {
        begin_syscall(load(passage[ENTRY_TCB] + at.number), 0);
    }
    passage[FLAGS] |= FLAG_COMMON;
}

static void see_flag(unsigned int cpu, void *data)
{
    (void)cpu;
    passage[FLAGS] |= (uint64_t)(uintptr_t)data;
}

static void look_at_clock(void)
{
    uint64_t ticks = load(at.since);

    if (ticks != looked_ticks) {
        looked_ticks = ticks;
        looked_ns = (uint64_t)((__uint128_t)ticks * 1000000000u / at.hz);
        looked_at = user + kernel;
    }
}

static void see_exit(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    uint64_t tcb = load(at.current);

    look_at_clock();
    if (is_open) {
        is_open = false;
        passage[EXIT_TCB] = tcb;
        passage[KERNEL_OUT] = kernel + 1; /* ERET itself is counted behind this */
        passage[STATUS] = load(tcb);
        passage[FAULT] = load(passage[ENTRY_TCB] + at.fault);
        passage[TIME] = now();
        fwrite(passage, sizeof(passage), 1, out);
    }
}

static void see_block(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    if (now() >= at.end) {
        leave(0);
    }
}

static void call_at(struct qemu_plugin_insn *insn, insn_callback_t callback, void *data)
{
    qemu_plugin_register_vcpu_insn_exec_cb(insn, callback, QEMU_PLUGIN_CB_NO_REGS, data);
}

static bool is_vector(uint64_t address)
{
    return address >= at.vectors + LOWER_EL && address < at.vectors + 2ull * LOWER_EL &&
           (address - at.vectors) % VECTOR_BYTES == 0;
}

static void see_kernel(struct qemu_plugin_insn *insn, uint64_t address, uint32_t word)
{
    if (is_vector(address)) {
        call_at(insn, see_vector, NULL);
    } else if (address == at.common) {
        call_at(insn, see_common, NULL);
    } else if (address == at.fast) {
        call_at(insn, see_flag, (void *)FLAG_FAST);
    } else if (address == at.answer) {
        call_at(insn, see_flag, (void *)FLAG_FAST_ANSWER);
    } else if (word == ERET) {
        call_at(insn, see_exit, NULL);
    }
    for (unsigned int i = 0; i < way_count; i++) {
        if (ways[i].address == address) {
            call_at(insn, see_way, &ways[i]);
        }
    }
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);

    qemu_plugin_register_vcpu_tb_exec_cb(block, see_block, QEMU_PLUGIN_CB_NO_REGS, NULL);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);
        uint32_t word = plugin_word(insn);
        bool is_kernel = kernel_code_has(insn, address);
        if (is_kernel) {
            see_kernel(insn, address, word);
        }
        plugin_count(insn, is_kernel ? &kernel : &user, 1);
    }
}

static void end_of_run(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    write_end(true);
}

/** COUNT numbers with colons between them, and nothing else. */
static bool take(const char *text, size_t count, uint64_t **targets)
{
    char *end = NULL;

    for (size_t i = 0; i < count; i++) {
        *targets[i] = strtoull(text, &end, 0);
        if (end == text || *end != (i + 1 < count ? ':' : '\0')) {
            return false;
        }
        text = end + 1;
    }
    return true;
}

#define TAKE(value, ...)                                                                                               \
    take(value, sizeof((uint64_t *[]){__VA_ARGS__}) / sizeof(uint64_t *), (uint64_t *[]){__VA_ARGS__})

static bool take_way(const char *text)
{
    if (way_count == WAY_MAX) {
        return false;
    }
    struct way *way = &ways[way_count++];
    return TAKE(text, &way->address, &way->number, &way->reply) && way->reply < ARGUMENT_MAX;
}

static const char *after(const char *argument, const char *name)
{
    size_t length = strlen(name);
    return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

static bool take_place(const char *argument)
{
    const char *value;

    if ((value = after(argument, "kernel=")) != NULL) {
        return take_range(value, &kernel_code);
    }
    if ((value = after(argument, "vectors=")) != NULL) {
        return TAKE(value, &at.vectors);
    }
    if ((value = after(argument, "way=")) != NULL) {
        return take_way(value);
    }
    if ((value = after(argument, "common=")) != NULL) {
        return TAKE(value, &at.common);
    }
    if ((value = after(argument, "fast=")) != NULL) {
        return TAKE(value, &at.fast);
    }
    return (value = after(argument, "answer=")) != NULL && TAKE(value, &at.answer);
}

static bool take_argument(const char *argument)
{
    const char *value;

    if ((value = after(argument, "out=")) != NULL) {
        return (out = fopen(value, "wb")) != NULL;
    }
    if ((value = after(argument, "percpu=")) != NULL) {
        return TAKE(value, &at.current, &at.since);
    }
    if ((value = after(argument, "tcb=")) != NULL) {
        return TAKE(value, &at.slots, &at.count, &at.fault);
    }
    if ((value = after(argument, "context=")) != NULL) {
        return TAKE(value, &at.pc, &at.number);
    }
    if ((value = after(argument, "cap=")) != NULL) {
        return TAKE(value, &at.cap_mask, &at.object_low, &at.slot_bytes);
    }
    if ((value = after(argument, "reply=")) != NULL) {
        return TAKE(value, &at.reply_type, &at.caller);
    }
    if ((value = after(argument, "hz=")) != NULL) {
        return TAKE(value, &at.hz);
    }
    return ((value = after(argument, "end=")) != NULL && TAKE(value, &at.end)) || take_place(argument);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!take_argument(argv[i])) {
            fprintf(stderr, "calls: bad argument '%s'; see the head of calls.c\n", argv[i]);
            return -1;
        }
    }
    if (out == NULL || way_count == 0 || at.vectors == 0 || at.common == 0 || at.current == 0 || at.hz == 0 ||
        at.end == 0) {
        fprintf(stderr, "calls: an argument is missing; see the head of calls.c\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, end_of_run, NULL);
    return 0;
}
