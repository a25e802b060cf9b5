/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU plugin: every exit of every guest, its cause, and what was executed for it. The run is cut where the kernel is entered (its vectors)
 * and left (its ERETs); who runs, and the exit's message, are read there from the kernel's own objects and its stack in RAM, which QEMU keeps at
 * one place of the host's memory. It reads, it never writes, and no instruction is added to what runs (ADR 0015).
 *
 *   -plugin exits.so,out=FILE,NAME=NUMBER...,kernel=START:END,ram=START:END,leave=ADDRESS...,idle=ADDRESS...,mark=ADDRESS:BIT...,
 *           process=START:END...,handler=ADDRESS:PROCESS...
 *
 * NAMEs: `numbers` below. A mark is a bit that says what an interrupt was. A handler is where a VMM takes an exit: counted to be compared.
 * FILE is the struct `shared`, always up to date, so that it may be read at any time and outlives QEMU's sudden end.
 *
 * Invariant: all instructions up to `accounted` are in exactly one of: nobody, process, guest's own, kernel and vmm of an exit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_code.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUEST_MAX     64
#define PROCESS_MAX   64
#define ROW_MAX       4096
#define PLACE_MAX     64
#define MESSAGE_WORDS 8
#define OPCODE_WFI    0xd503207fu

/* What the kernel made of an exit (tools/exits/records.py). */
enum cause {
    CAUSE_NONE,
    CAUSE_MESSAGE,   /* the VMM got it: word, address */
    CAUSE_WAIT,      /* WFI, waited for in the kernel */
    CAUSE_INTERRUPT, /* word: the marks passed */
    CAUSE_FPU,       /* the FPU was given to the guest */
    CAUSE_KERNEL,    /* another instruction or access that the kernel finished itself */
    CAUSE_LOST,      /* nobody took it */
    CAUSE_CROWD,     /* more causes than rows */
};

enum state {
    STATE_NONE,
    STATE_OPEN,     /* its cause is not known yet */
    STATE_KNOWN,    /* finished in the kernel; the guest has not run again */
    STATE_TAKEN,    /* its VMM has it */
    STATE_ANSWERED, /* the guest has not run again */
};

struct exit {
    uint64_t cause;
    uint64_t word;
    uint64_t address;
    uint64_t pc; /* of the latest, as is the syndrome */
    uint64_t esr;
    uint64_t kernel;
    uint64_t vmm;
    uint64_t others;
};

struct row {
    uint64_t guest;
    uint64_t count;
    struct exit sum;
};

struct guest {
    uint64_t tcb;
    uint64_t vmm; /* process + 1 */
    uint64_t executed;
    uint64_t handled;
    uint64_t state;
    struct exit exit;
};

struct process {
    uint64_t user;
    uint64_t kernel;
};

struct shared {
    uint64_t guest_max;
    uint64_t process_max;
    uint64_t row_max;
    uint64_t executed;
    uint64_t accounted;
    uint64_t nobody;
    struct process process[PROCESS_MAX + 1]; /* the last: of no known process */
    struct guest guest[GUEST_MAX];
    struct row row[ROW_MAX];
};

enum who {
    WHO_NOBODY,
    WHO_GUEST,
    WHO_PROCESS,
};

struct runner {
    enum who who;
    uint64_t index;
};

/* Of an exit that is not known yet. */
struct circumstances {
    uint64_t fpu_owner;
    bool is_interrupt;
    bool is_wait;
};

struct place {
    uint64_t address;
    uint64_t number;
};

struct places {
    struct place at[PLACE_MAX];
    size_t count;
};

static struct shared *shared;
static struct range ram;
static struct range processes[PROCESS_MAX];
static uint64_t process_count;
static uint64_t guest_count;
static struct places leaves, idles, marks, handlers;
static struct circumstances circumstances[GUEST_MAX];

static uint64_t vectors, current, fpu_owner;
static uint64_t tcb_vcpu, tcb_pc, tcb_state, tcb_reply, tcb_serving, tcb_fault_word, tcb_message[MESSAGE_WORDS];
static uint64_t state_ready, state_inactive, state_reply, state_wfi;
static uint64_t word_mask, word_address, word_pc, word_esr;
/* Where the kernel begins to load a message, but for its first word, that goes into registers on the way out; and, in this passage, from where, or 0. */
static uint64_t message_load, message_at;

static const struct {
    const char *name;
    uint64_t *value;
} numbers[] = {
    {"vectors", &vectors},
    {"current", &current},
    {"fpu_owner", &fpu_owner},
    {"tcb_vcpu", &tcb_vcpu},
    {"tcb_pc", &tcb_pc},
    {"tcb_state", &tcb_state},
    {"tcb_reply", &tcb_reply},
    {"tcb_serving", &tcb_serving},
    {"message0", &tcb_message[0]},
    {"message1", &tcb_message[1]},
    {"message2", &tcb_message[2]},
    {"message3", &tcb_message[3]},
    {"message4", &tcb_message[4]},
    {"message5", &tcb_message[5]},
    {"message6", &tcb_message[6]},
    {"message7", &tcb_message[7]},
    {"state_ready", &state_ready},
    {"state_inactive", &state_inactive},
    {"state_reply", &state_reply},
    {"state_wfi", &state_wfi},
    {"word_mask", &word_mask},
    {"word_address", &word_address},
    {"word_pc", &word_pc},
    {"word_esr", &word_esr},
    {"message_load", &message_load},
    {"tcb_fault_word", &tcb_fault_word},
};

/* Who runs; inside the kernel: for whom it works, since when, and whether it has waited for an interrupt meanwhile. */
static struct runner running;
static struct runner payer;
static bool has_waited;
static uint64_t marks_passed;
static uint64_t wait_at = UINT64_MAX;

static bool is_in(struct range range, uint64_t address)
{
    return address >= range.start && address < range.end;
}

/** A word of the machine's RAM; 0 where there is none. */
static uint64_t load(uint64_t address)
{
    if (!is_in(ram, address) || !is_in(ram, address + 7) || address % 8 != 0) {
        return 0;
    }
    return *(const volatile uint64_t *)(uintptr_t)(address + host_offset);
}

static uint64_t load_state(uint64_t tcb)
{
    uint64_t at = tcb + tcb_state;
    return load(at & ~7ull) >> 8 * (at % 8) & 0xff;
}

static uint64_t guest_of(uint64_t tcb)
{
    uint64_t i = 0;
    while (i < guest_count && shared->guest[i].tcb != tcb) {
        i++;
    }
    if (i == guest_count && guest_count < GUEST_MAX) {
        shared->guest[guest_count++].tcb = tcb;
    }
    return i < GUEST_MAX ? i : GUEST_MAX - 1;
}

static struct runner runner_of(uint64_t tcb)
{
    if (tcb == 0) {
        return (struct runner){WHO_NOBODY, 0};
    }
    if (load(tcb + tcb_vcpu) != 0) {
        return (struct runner){WHO_GUEST, guest_of(tcb)};
    }
    uint64_t pc = load(tcb + tcb_pc);
    uint64_t i = 0;
    while (i < process_count && !is_in(processes[i], pc)) {
        i++;
    }
    return (struct runner){WHO_PROCESS, i < process_count ? i : PROCESS_MAX};
}

/* --- what was executed, and for whom --- */

/** Guests that wait for their answer while somebody else works; not those that sleep. */
static void charge_others(uint64_t index, uint64_t count)
{
    for (uint64_t i = 0; i < guest_count; i++) {
        struct guest *guest = &shared->guest[i];
        if (guest->state != STATE_NONE && guest->vmm != index + 1 && load_state(guest->tcb) != state_wfi) {
            guest->exit.others += count;
        }
    }
}

static void charge_process(uint64_t index, uint64_t count, bool is_kernel)
{
    for (uint64_t i = 0; i < guest_count; i++) {
        struct guest *guest = &shared->guest[i];
        if (guest->state == STATE_TAKEN && guest->vmm == index + 1) {
            *(is_kernel ? &guest->exit.kernel : &guest->exit.vmm) += count;
            return;
        }
    }
    *(is_kernel ? &shared->process[index].kernel : &shared->process[index].user) += count;
    charge_others(index, count);
}

/** Everything up to `now`. */
static void charge(struct runner runner, uint64_t now, bool is_kernel)
{
    uint64_t count = now - shared->accounted;
    struct guest *guest = &shared->guest[runner.index];
    shared->accounted = now;
    if (runner.who == WHO_PROCESS) {
        charge_process(runner.index, count, is_kernel);
    } else if (runner.who == WHO_GUEST && !is_kernel) {
        guest->executed += count;
    } else if (runner.who == WHO_GUEST && guest->state != STATE_NONE) {
        guest->exit.kernel += count;
    } else {
        shared->nobody += count;
    }
}

/* --- exits --- */

static void open_exit(uint64_t index, bool is_interrupt)
{
    struct guest *guest = &shared->guest[index];
    memset(&guest->exit, 0, sizeof(guest->exit));
    guest->state = STATE_OPEN;
    circumstances[index] = (struct circumstances){
        .fpu_owner = load(fpu_owner),
        .is_interrupt = is_interrupt,
        .is_wait = !is_interrupt && wait_at + 1 == shared->executed,
    };
}

static bool is_row_of(const struct row *row, uint64_t index, const struct exit *exit)
{
    return row->guest == index && row->sum.cause == exit->cause && row->sum.word == exit->word &&
           row->sum.address == exit->address;
}

/** The row of this cause, or an empty one for it; the last one is for what finds none. */
static struct row *row_of(uint64_t index, struct exit *exit)
{
    uint64_t hash = (exit->cause * 31 + exit->word) * 31 + exit->address + index;
    for (uint64_t i = 0; i < ROW_MAX - GUEST_MAX; i++) {
        struct row *row = &shared->row[(hash + i) % (ROW_MAX - GUEST_MAX)];
        if (row->count == 0 || is_row_of(row, index, exit)) {
            return row;
        }
    }
    *exit = (struct exit){CAUSE_CROWD, 0, 0, exit->pc, exit->esr, exit->kernel, exit->vmm, exit->others};
    return &shared->row[ROW_MAX - GUEST_MAX + index];
}

static void close_exit(uint64_t index)
{
    struct guest *guest = &shared->guest[index];
    struct exit *exit = &guest->exit;
    struct row *row = row_of(index, exit);
    row->guest = index;
    row->count++;
    row->sum = (struct exit){
        .cause = exit->cause,
        .word = exit->word,
        .address = exit->address,
        .pc = exit->pc,
        .esr = exit->esr,
        .kernel = row->sum.kernel + exit->kernel,
        .vmm = row->sum.vmm + exit->vmm,
        .others = row->sum.others + exit->others,
    };
    memset(exit, 0, sizeof(*exit));
    guest->state = STATE_NONE;
}

/** The kernel has finished it itself. */
static void know(uint64_t index)
{
    const struct circumstances *seen = &circumstances[index];
    struct guest *guest = &shared->guest[index];
    struct exit *exit = &guest->exit;
    guest->state = STATE_KNOWN;
    if (seen->is_interrupt) {
        exit->cause = CAUSE_INTERRUPT;
        exit->word = marks_passed;
    } else if (seen->is_wait) {
        exit->cause = CAUSE_WAIT;
    } else {
        bool has_got_fpu = load(fpu_owner) != seen->fpu_owner && load(fpu_owner) == guest->tcb;
        exit->cause = has_got_fpu ? CAUSE_FPU : CAUSE_KERNEL;
    }
}

/** `server` is about to run with the exit in its registers. */
static void take(struct guest *guest, uint64_t server, uint64_t process)
{
    uint64_t words[MESSAGE_WORDS];
    /* Handed over at once: the kernel loads all but the first from `message_at`. */
    words[0] = load(message_at != 0 ? guest->tcb + tcb_fault_word : server + tcb_message[0]);
    for (unsigned int i = 1; i < MESSAGE_WORDS; i++) {
        words[i] = load(message_at != 0 ? message_at + 8ul * (i - 1) : server + tcb_message[i]);
    }
    guest->vmm = process + 1;
    guest->state = STATE_TAKEN;
    guest->exit.cause = CAUSE_MESSAGE;
    guest->exit.word = words[0] & word_mask;
    guest->exit.address = words[word_address];
    guest->exit.pc = words[word_pc];
    guest->exit.esr = words[word_esr];
}

/** Whose answer a guest waits for tells its Reply. */
static void take_delivered(uint64_t server, struct runner next)
{
    uint64_t reply = load(server + tcb_serving);
    if (next.who != WHO_PROCESS || reply == 0) {
        return;
    }
    for (uint64_t i = 0; i < guest_count; i++) {
        struct guest *guest = &shared->guest[i];
        if (guest->state == STATE_OPEN && load_state(guest->tcb) == state_reply &&
            load(guest->tcb + tcb_reply) == reply) {
            take(guest, server, next.index);
        }
    }
}

/** Somebody else than the guest runs next. A message that its VMM has not come to yet leaves it open. */
static void settle_stopped(uint64_t index)
{
    struct guest *guest = &shared->guest[index];
    uint64_t state = load_state(guest->tcb);
    bool is_inactive = state == state_inactive;
    if (guest->state == STATE_TAKEN && state != state_reply) {
        guest->state = STATE_ANSWERED;
    }
    if (guest->state == STATE_OPEN && is_inactive) {
        guest->exit.cause = CAUSE_LOST;
        close_exit(index);
    } else if (guest->state == STATE_ANSWERED && is_inactive) {
        close_exit(index);
    } else if (guest->state == STATE_OPEN && (state == state_ready || state == state_wfi)) {
        know(index);
    }
}

static void settle(struct runner next)
{
    for (uint64_t i = 0; i < guest_count; i++) {
        struct guest *guest = &shared->guest[i];
        bool is_next = next.who == WHO_GUEST && next.index == i;
        if (guest->state == STATE_OPEN && is_next) {
            know(i);
        }
        if (guest->state != STATE_NONE && is_next) {
            close_exit(i);
        } else if (guest->state != STATE_NONE) {
            settle_stopped(i);
        }
    }
}

/* --- what is noticed --- */

static void see_entry(unsigned int cpu, void *data)
{
    (void)cpu;
    charge(running, shared->executed, false);
    payer = running;
    has_waited = false;
    marks_passed = 0;
    message_at = 0;
    if (running.who == WHO_GUEST) {
        open_exit(running.index, data != NULL);
    }
}

/** What comes after waiting is for whoever runs then. */
static void see_idle(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    charge(payer, shared->executed, true);
    payer = (struct runner){WHO_NOBODY, 0};
    has_waited = true;
}

/** The instruction that leaves the kernel is the kernel's. */
static void see_leave(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    uint64_t tcb = load(current);
    struct runner next = runner_of(tcb);
    take_delivered(tcb, next);
    charge(has_waited ? next : payer, shared->executed + 1, true);
    settle(next);
    running = next;
}

static void see_mark(unsigned int cpu, void *data)
{
    (void)cpu;
    marks_passed |= 1ull << (uintptr_t)data;
}

/** The first word is loaded first. */
static void see_message(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    (void)cpu;
    (void)info;
    (void)data;
    message_at = message_at != 0 ? message_at : address;
}

static void see_wait(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    wait_at = shared->executed;
}

static void see_handler(unsigned int cpu, void *data)
{
    (void)cpu;
    uint64_t process = (uintptr_t)data;
    for (uint64_t i = 0; i < guest_count; i++) {
        if (running.who == WHO_PROCESS && running.index == process && shared->guest[i].vmm == process + 1) {
            shared->guest[i].handled++;
        }
    }
}

static void watch(struct qemu_plugin_insn *insn, uint64_t address, const struct places *places,
                  insn_callback_t callback)
{
    for (size_t i = 0; i < places->count; i++) {
        if (places->at[i].address == address) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, callback, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)(uintptr_t)places->at[i].number);
        }
    }
}

/** Vectors for exceptions from EL0 and EL1 are the upper half, 0x80 apart: synchronous, IRQ, FIQ, SError, twice (DDI 0487, D1.3.1). */
static void watch_kernel(struct qemu_plugin_insn *insn, uint64_t address)
{
    uint64_t offset = address - vectors;
    if (offset >= 0x400 && offset < 0x800 && offset % 0x80 == 0) {
        bool is_interrupt = (offset & 0x180) == 0x80;
        qemu_plugin_register_vcpu_insn_exec_cb(insn, see_entry, QEMU_PLUGIN_CB_NO_REGS,
                                               (void *)(uintptr_t)is_interrupt);
    }
    if (address == message_load) {
        qemu_plugin_register_vcpu_mem_cb(insn, see_message, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
    }
    watch(insn, address, &marks, see_mark);
    watch(insn, address, &idles, see_idle);
    watch(insn, address, &leaves, see_leave);
}

static bool is_wait(const struct qemu_plugin_insn *insn)
{
    const uint32_t *opcode = qemu_plugin_insn_haddr(insn);
    return opcode != NULL && (uintptr_t)opcode % sizeof(*opcode) == 0 && *opcode == OPCODE_WFI;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);
        if (kernel_code_has(insn, address)) {
            watch_kernel(insn, address);
        } else if (is_wait(insn)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, see_wait, QEMU_PLUGIN_CB_NO_REGS, NULL);
        } else {
            watch(insn, address, &handlers, see_handler);
        }
        plugin_count(insn, &shared->executed, 1);
    }
}

/* --- arguments --- */

static bool take_out(const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0 || ftruncate(file, sizeof(*shared)) != 0) {
        return false;
    }
    void *at = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (at == MAP_FAILED) {
        return false;
    }
    shared = at;
    shared->guest_max = GUEST_MAX;
    shared->process_max = PROCESS_MAX;
    shared->row_max = ROW_MAX;
    return true;
}

static bool take_place(const char *text, struct places *places)
{
    char *end;
    if (places->count == PLACE_MAX) {
        return false;
    }
    struct place *place = &places->at[places->count++];
    place->address = strtoull(text, &end, 0);
    place->number = *end == ':' ? strtoull(end + 1, &end, 0) : 0;
    return *end == '\0';
}

static bool take_number(const char *name, size_t length, const char *text)
{
    char *end;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strlen(numbers[i].name) == length && strncmp(numbers[i].name, name, length) == 0) {
            *numbers[i].value = strtoull(text, &end, 0);
            return *end == '\0';
        }
    }
    return false;
}

static bool take_argument(const char *argument)
{
    const struct {
        const char *name;
        struct places *places;
    } kinds[] = {{"leave", &leaves}, {"idle", &idles}, {"mark", &marks}, {"handler", &handlers}};
    size_t length = strcspn(argument, "=");
    const char *value = argument + length + (argument[length] == '=');
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strlen(kinds[i].name) == length && strncmp(argument, kinds[i].name, length) == 0) {
            return take_place(value, kinds[i].places);
        }
    }
    if (strncmp(argument, "out=", 4) == 0) {
        return take_out(value);
    }
    if (strncmp(argument, "kernel=", 7) == 0) {
        return take_range(value, &kernel_code);
    }
    if (strncmp(argument, "ram=", 4) == 0) {
        return take_range(value, &ram);
    }
    if (strncmp(argument, "process=", 8) == 0) {
        return process_count < PROCESS_MAX && take_range(value, &processes[process_count++]);
    }
    return take_number(argument, length, value);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!take_argument(argv[i])) {
            fprintf(stderr, "exits: bad argument '%s'; see the head of exits.c\n", argv[i]);
            return -1;
        }
    }
    if (shared == NULL || kernel_code.end == 0 || ram.end == 0 || leaves.count == 0) {
        fprintf(stderr,
                "exits: give out=FILE, kernel=START:END, ram=START:END and the places where the kernel is left\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    return 0;
}
