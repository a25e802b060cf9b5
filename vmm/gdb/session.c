/* SPDX-License-Identifier: BSD-2-Clause */
/* See session.h. Errors carry the numbers of Linux in decimal, as QEMU's stub does. */
#include "vmm/gdb/session.h"

#include <string.h>

#include "vmm/gdb/memory.h"
#include "vmm/gdb/registers.h"
#include "vmm/gdb/services.h"
#include "vmm/vmm.h"

enum {
    MEMORY_BYTES_MAX = PACKET_BYTES_MAX / 2 - 16, /* one packet's worth, of which 32 bytes say what it is */
};

static const char error_fault[] = "E14";
static const char error_invalid[] = "E22";
static const char error_full[] = "E28";

static void send(struct session *session)
{
    packet_end(&session->reply);
    gdb_services_put(session->reply.bytes, session->reply.length);
}

static void answer(struct session *session, const char *text)
{
    packet_start(&session->reply);
    packet_add(&session->reply, text);
    send(session);
}

static const char *stop_text(enum session_stop stop)
{
    switch (stop) {
    case SESSION_INTERRUPT:
        return "T02thread:1;";
    case SESSION_POWERED_OFF:
        return "W00";
    case SESSION_FAILED:
        return "T06thread:1;";
    default:
        return "T05thread:1;";
    }
}

/* A line that gdb shows. */
static void say(struct session *session, const char *text)
{
    packet_start(&session->reply);
    packet_add(&session->reply, "O");
    packet_add_hex(&session->reply, text, strlen(text));
    send(session);
}

void session_tell_stop(struct session *session, enum session_stop stop)
{
    session->stop = stop;
    if (!session->is_waiting) {
        return;
    }
    session->is_waiting = false;
    if (stop == SESSION_RESTARTED) {
        say(session, "the guest has restarted: it stands at its first instruction, its memory is new\n");
    } else if (stop == SESSION_FAILED) {
        say(session, "the guest has stopped for good, for an error that its VMM's console tells\n");
    }
    answer(session, stop_text(stop));
}

/* --- registers --- */

static void add_register(struct session *session, uint64_t number)
{
    uint64_t value = gdb_register_read(number);
    packet_add_hex(&session->reply, &value, gdb_register_bytes(number));
}

static void read_all(struct session *session)
{
    packet_start(&session->reply);
    for (uint64_t number = 0; number < GDB_REGISTER_CORE_COUNT; number++) {
        add_register(session, number);
    }
    send(session);
}

/* One value at `*at`, of the size of the register. */
static bool take_register(const char **at, uint64_t number, uint64_t *value)
{
    *value = 0;
    return gdb_register_bytes(number) != 0 && packet_hex(at, (uint8_t *)value, gdb_register_bytes(number));
}

static bool write_all(const char *at)
{
    uint64_t values[GDB_REGISTER_CORE_COUNT];
    for (uint64_t number = 0; number < GDB_REGISTER_CORE_COUNT; number++) {
        if (!take_register(&at, number, &values[number])) {
            return false;
        }
    }
    if (*at != '\0') {
        return false;
    }
    /* cpsr first: it decides which register sp is. */
    gdb_register_write(GDB_REGISTER_CPSR, values[GDB_REGISTER_CPSR]);
    for (uint64_t number = 0; number < GDB_REGISTER_CPSR; number++) {
        gdb_register_write(number, values[number]);
    }
    return true;
}

static void read_one(struct session *session, const char *at)
{
    uint64_t number;
    if (!packet_number(&at, &number) || *at != '\0' || gdb_register_bytes(number) == 0) {
        answer(session, error_invalid);
        return;
    }
    packet_start(&session->reply);
    add_register(session, number);
    send(session);
}

static bool write_one(const char *at)
{
    uint64_t number, value;
    if (!packet_number(&at, &number) || !packet_word(&at, "=") || !take_register(&at, number, &value) || *at != '\0') {
        return false;
    }
    gdb_register_write(number, value);
    return true;
}

/* --- memory --- */

static bool take_range(const char **at, uint64_t *address, uint64_t *size)
{
    return packet_number(at, address) && packet_word(at, ",") && packet_number(at, size);
}

static void read_memory(struct session *session, struct vmm *vmm, const char *at)
{
    uint8_t bytes[MEMORY_BYTES_MAX];
    uint64_t address, size;
    if (!take_range(&at, &address, &size) || *at != '\0') {
        answer(session, error_invalid);
        return;
    }
    size = size < sizeof(bytes) ? size : sizeof(bytes);
    size_t done = gdb_memory_read(vmm, address, bytes, size);
    if (done == 0 && size != 0) {
        answer(session, error_fault);
        return;
    }
    packet_start(&session->reply);
    packet_add_hex(&session->reply, bytes, done);
    send(session);
}

static const char *write_memory(struct vmm *vmm, const char *at)
{
    uint8_t bytes[MEMORY_BYTES_MAX];
    uint64_t address, size;
    if (!take_range(&at, &address, &size) || !packet_word(&at, ":") || size > sizeof(bytes) ||
        !packet_hex(&at, bytes, size) || *at != '\0') {
        return error_invalid;
    }
    return gdb_memory_write(vmm, address, bytes, size) == size ? "OK" : error_fault;
}

/* --- breakpoints: `TYPE,ADDRESS,KIND` --- */

static const char *change_breakpoint(struct session *session, struct vmm *vmm, const char *at, bool is_set)
{
    uint64_t address, kind;
    /* Software and hardware breakpoints are the same here; there are no watchpoints, as the empty answer says. */
    if (!packet_word(&at, "0,") && !packet_word(&at, "1,")) {
        return "";
    }
    if (!take_range(&at, &address, &kind) || kind != 4 || *at != '\0') {
        return error_invalid;
    }
    if (!is_set) {
        breakpoints_remove(&session->control.breakpoints, address);
        return "OK";
    }
    switch (breakpoints_add(&session->control.breakpoints, vmm, address)) {
    case BREAKPOINT_NOT_MEMORY:
        return error_fault;
    case BREAKPOINT_TOO_MANY:
        return error_full;
    default:
        return "OK";
    }
}

/* --- running --- */

static void run(struct session *session, struct vmm *vmm, bool is_step)
{
    bool is_done = false;
    if (session->control.state == CONTROL_ENDED) {
        answer(session, stop_text(session->stop));
        return;
    }
    session->is_waiting = true;
    if (!is_step) {
        control_continue(&session->control, vmm);
    } else if (!control_step(&session->control, vmm, &is_done)) {
        session->is_waiting = false;
        answer(session, error_fault);
    } else if (is_done) {
        session_tell_stop(session, SESSION_TRAP);
    }
}

/* c, s, C SIGNAL, S SIGNAL: a signal has no meaning for a guest. None takes an address: gdb writes pc. */
static bool take_run(struct session *session, struct vmm *vmm, const char *at)
{
    uint64_t unused;
    bool is_step = *at == 's' || *at == 'S';
    bool has_signal = *at == 'C' || *at == 'S';
    if (!is_step && !has_signal && *at != 'c') {
        return false;
    }
    at++;
    if ((has_signal && !packet_number(&at, &unused)) || (*at != '\0' && *at != ':' && *at != ';')) {
        return false;
    }
    run(session, vmm, is_step);
    return true;
}

/* gdb's D; k, to kill, means the same here and has no answer. */
static void detach(struct session *session, struct vmm *vmm)
{
    session->control.breakpoints.own_count = 0;
    if (session->control.state == CONTROL_STOPPED) {
        control_continue(&session->control, vmm);
    }
    session->is_attached = false;
    session->is_waiting = false;
    session->has_no_acks = false;
}

/* --- queries --- */

static void describe(struct session *session, const char *at)
{
    uint64_t offset, size;
    const char *text = gdb_registers_description();
    if (!take_range(&at, &offset, &size) || *at != '\0') {
        answer(session, error_invalid);
        return;
    }
    size_t length = strlen(text);
    size_t first = offset < length ? offset : length;
    size_t rest = length - first;
    size_t most = PACKET_BYTES_MAX - 1 < size ? PACKET_BYTES_MAX - 1 : size;
    packet_start(&session->reply);
    packet_add(&session->reply, rest > most ? "m" : "l");
    packet_add_bytes(&session->reply, text + first, rest > most ? most : rest);
    send(session);
}

struct fixed_answer {
    const char *query;
    const char *text;
};

/* By their beginnings. H and T: there is one thread. */
static const struct fixed_answer fixed_answers[] = {
    {"qSupported", "PacketSize=400;QStartNoAckMode+;qXfer:features:read+;vContSupported+"},
    {"qAttached", "1"},
    {"qCRC", ""},
    {"qC", "QC1"},
    {"qfThreadInfo", "m1"},
    {"qsThreadInfo", "l"},
    {"vCont?", "vCont;c;C;s;S"},
    {"H", "OK"},
    {"T", "OK"},
};

_Static_assert(PACKET_BYTES_MAX == 0x400, "as qSupported tells");

static const char *fixed_answer(const char *text)
{
    for (size_t i = 0; i < sizeof(fixed_answers) / sizeof(fixed_answers[0]); i++) {
        const char *at = text;
        if (packet_word(&at, fixed_answers[i].query)) {
            return fixed_answers[i].text;
        }
    }
    return "";
}

static void take_words(struct session *session, struct vmm *vmm, const char *text)
{
    const char *at = text;
    if (packet_word(&at, "qXfer:features:read:target.xml:")) {
        describe(session, at);
    } else if (packet_word(&at, "vCont;")) {
        if (!take_run(session, vmm, at)) {
            answer(session, error_invalid);
        }
    } else if (packet_word(&at, "QStartNoAckMode")) {
        session->has_no_acks = true;
        answer(session, "OK");
    } else {
        answer(session, fixed_answer(text));
    }
}

static const char *ok_or_invalid(bool is_done)
{
    return is_done ? "OK" : error_invalid;
}

static void take_command(struct session *session, struct vmm *vmm, const char *text)
{
    switch (text[0]) {
    case '?':
        answer(session, stop_text(session->stop));
        break;
    case 'g':
        read_all(session);
        break;
    case 'G':
        answer(session, ok_or_invalid(write_all(text + 1)));
        break;
    case 'p':
        read_one(session, text + 1);
        break;
    case 'P':
        answer(session, ok_or_invalid(write_one(text + 1)));
        break;
    case 'm':
        read_memory(session, vmm, text + 1);
        break;
    case 'M':
        answer(session, write_memory(vmm, text + 1));
        break;
    case 'Z':
    case 'z':
        answer(session, change_breakpoint(session, vmm, text + 1, text[0] == 'Z'));
        break;
    case 'c':
    case 'C':
    case 's':
    case 'S':
        if (!take_run(session, vmm, text)) {
            answer(session, error_invalid);
        }
        break;
    case 'D':
        detach(session, vmm);
        answer(session, "OK");
        break;
    case 'k':
        detach(session, vmm);
        break;
    default:
        take_words(session, vmm, text);
        break;
    }
}

static void stop_if_running(struct session *session, struct vmm *vmm, enum session_stop stop)
{
    if (session->control.state != CONTROL_STOPPED && session->control.state != CONTROL_ENDED) {
        control_stop(&session->control, vmm);
        session->stop = stop;
    }
}

static void take_packet(struct session *session, struct vmm *vmm, const char *text)
{
    session->is_attached = true;
    session->is_waiting = false;
    stop_if_running(session, vmm, SESSION_TRAP);
    take_command(session, vmm, text);
}

void session_take(struct session *session, struct vmm *vmm, uint8_t byte)
{
    switch (packet_take(&session->reader, byte)) {
    case PACKET_WHOLE:
        if (!session->has_no_acks) {
            gdb_services_put("+", 1);
        }
        take_packet(session, vmm, session->reader.text);
        break;
    case PACKET_DAMAGED:
        if (session->has_no_acks) {
            answer(session, error_invalid);
        } else {
            gdb_services_put("-", 1);
        }
        break;
    case PACKET_UNREAD:
        gdb_services_put(session->reply.bytes, session->reply.length);
        break;
    case PACKET_INTERRUPT:
        session->is_waiting = session->is_waiting || !session->is_attached;
        stop_if_running(session, vmm, SESSION_INTERRUPT);
        session->is_attached = true;
        session_tell_stop(session, session->stop);
        break;
    default:
        break;
    }
}
