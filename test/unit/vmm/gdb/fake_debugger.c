/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_debugger.h. As the kernel, it refuses nothing; a thread that is set going while it runs fails the test. */
#include "test/unit/vmm/gdb/fake_debugger.h"

#include <stdio.h>

#include "vmm/gdb/breakpoints.h"
#include "vmm/gdb/services.h"

struct fake_debugger fake_debugger;

static uint8_t ram[GUEST_BYTES] __attribute__((aligned(GUEST_BYTES)));
static uint32_t image[FAKE_FRAME_BYTES / 4];
static struct sel_guest guest;
static struct sel_guest_piece piece;

void gdb_services_open(void)
{
}

bool gdb_services_get(uint8_t *byte)
{
    if (fake_debugger.input_taken == fake_debugger.input_count) {
        return false;
    }
    *byte = fake_debugger.input[fake_debugger.input_taken++];
    return true;
}

void gdb_services_put(const char *bytes, size_t size)
{
    assert_true(size <= FAKE_WIRE_BYTES - fake_debugger.output_count);
    memcpy(&fake_debugger.output[fake_debugger.output_count], bytes, size);
    fake_debugger.output_count += size;
    fake_debugger.output[fake_debugger.output_count] = '\0';
}

void gdb_services_stop(void)
{
    assert_true(fake_debugger.is_running);
    fake_debugger.is_running = false;
    fake_debugger.stop_count++;
}

void gdb_services_continue(void)
{
    assert_false(fake_debugger.is_running);
    fake_debugger.is_running = true;
    fake_debugger.continue_count++;
}

void gdb_services_unify(uint64_t frame_cap, uint64_t offset, size_t size)
{
    assert_true(frame_cap >= FAKE_FRAME_CAP && frame_cap < FAKE_FRAME_CAP + GUEST_PAGES);
    assert_true(offset + size <= FAKE_FRAME_BYTES);
    fake_debugger.unified = (uintptr_t)&ram[(frame_cap - FAKE_FRAME_CAP) * FAKE_FRAME_BYTES + offset];
}

uint64_t gdb_services_ticks(void)
{
    return fake_debugger.ticks;
}

void gdb_services_set_time_offset(uint64_t ticks)
{
    fake_debugger.time_offset = ticks;
}

void debugged_guest(struct vmm *vmm, struct session *session, const uint32_t *program, size_t count)
{
    fake_reset(2);
    memset(&fake_debugger, 0, sizeof(fake_debugger));
    memset(vmm, 0, sizeof(*vmm));
    memset(session, 0, sizeof(*session));
    memset(ram, 0, sizeof(ram));
    memset(image, 0, sizeof(image));
    memcpy(image, program, count * sizeof(image[0]));
    piece = (struct sel_guest_piece){(uintptr_t)ram, image, sizeof(image)};
    guest = (struct sel_guest){.name = "test", .piece_count = 1, .pieces = &piece};
    fake_ram(&guest, (uintptr_t)ram, GUEST_BYTES);
    fake.translate_offset = (uintptr_t)ram - GUEST_BASE;
    vmm->guest = &guest;
    ram_start(&vmm->ram, &guest);
    vmm_reset(vmm);
    fake.thread[THREAD_REG_PC] = GUEST_BASE;
    fake.thread[THREAD_REG_PSTATE] = 0x3c5;
    fake.vcpu[VCPU_REG_VBAR_EL1] = GUEST_BASE + 0x800;
    control_start(&session->control);
}

uint32_t debugged_word(uint64_t address)
{
    uint32_t word;
    assert_true(address - GUEST_BASE <= GUEST_BYTES - sizeof(word));
    memcpy(&word, &ram[address - GUEST_BASE], sizeof(word));
    return word;
}

const char *ask_raw(struct vmm *vmm, struct session *session, const char *bytes, size_t size)
{
    fake_debugger.output_count = 0;
    fake_debugger.output[0] = '\0';
    for (size_t i = 0; i < size; i++) {
        session_take(session, vmm, (uint8_t)bytes[i]);
    }
    return fake_debugger.output;
}

const char *framed(const char *text)
{
    static char packet[2 * PACKET_BYTES_MAX];
    unsigned sum = 0;
    for (const char *at = text; *at != '\0'; at++) {
        sum += (uint8_t)*at;
    }
    snprintf(packet, sizeof(packet), "$%s#%02x", text, sum & 0xff);
    return packet;
}

const char *ask(struct vmm *vmm, struct session *session, const char *text)
{
    const char *packet = framed(text);
    return ask_raw(vmm, session, packet, strlen(packet));
}

uint64_t hit(struct vmm *vmm, struct session *session, uint64_t pc, enum control_exit *found)
{
    /* MRS XZR, MDCCSR_EL0 as the kernel tells it (abi: messages, exits): op0 2, op1 3, CRm 1; register 31. */
    uint64_t words[8] = {exit_set_register(exit_set_is_64bit(exit_set_reason(0, EXIT_SYSREG), 1), 31)};
    words[FAULT_VM_EXIT_WORD_ADDRESS] = 0x20c002;
    words[FAULT_VM_EXIT_WORD_PC] = pc;
    assert_true(fake_debugger.is_running);
    assert_int_equal(debugged_word(pc), BREAKPOINT_INSTRUCTION);
    fake.thread[THREAD_REG_PC] = pc;
    *found = control_take_exit(&session->control, vmm, words);
    fake_debugger.is_running = *found != CONTROL_EXIT_STOP;
    if (*found == CONTROL_EXIT_STOP) {
        session_tell_stop(session, SESSION_TRAP);
    }
    return words[0];
}
