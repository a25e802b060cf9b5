/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_services.h. Register indices are checked: a VMM that asks for one out of bounds fails its test. */
#include "test/unit/vmm/fake_services.h"

enum {
    PAR_TABLE_FAULT = 1 << 9 | 1 << 8 | 6 << 1 | 1, /* S, PTW, translation fault at level 2, F (DDI 0487, PAR_EL1) */
};

struct fake_services fake;

void fake_reset(unsigned entry_count)
{
    memset(&fake, 0, sizeof(fake));
    fake.output_room = FAKE_CONSOLE_BYTES;
    fake.info.entry_count = entry_count;
}

void fake_ram(struct sel_guest *guest, uintptr_t base, size_t size)
{
    assert_true(size % FAKE_FRAME_BYTES == 0 && size / FAKE_FRAME_BYTES <= FAKE_FRAMES);
    fake.ram_runs[0] = (struct sel_ram_run){base, FAKE_FRAME_CAP, (uint32_t)(size / FAKE_FRAME_BYTES), 12};
    guest->ram_base = base;
    guest->ram_size = size;
    guest->ram_run_count = 1;
    guest->ram_runs = fake.ram_runs;
}

void fake_type(const char *text)
{
    size_t size = strlen(text);
    assert_true(fake.input_count + size <= FAKE_CONSOLE_BYTES);
    memcpy(&fake.input[fake.input_count], text, size);
    fake.input_count += size;
}

uint64_t services_read_thread_register(unsigned index)
{
    assert_true(index < THREAD_REG_COUNT);
    return fake.thread[index];
}

void services_write_thread_registers(unsigned first, unsigned count, const uint64_t *values)
{
    assert_true(first + count <= THREAD_REG_COUNT);
    memcpy(&fake.thread[first], values, count * sizeof(values[0]));
}

uint64_t services_read_vcpu_register(unsigned index)
{
    assert_true(index < VCPU_REG_COUNT);
    return fake.vcpu[index];
}

void services_write_vcpu_register(unsigned index, uint64_t value)
{
    assert_true(index < VCPU_REG_COUNT);
    fake.vcpu[index] = value;
}

void services_reset_vcpu(void)
{
    memset(fake.vcpu, 0, sizeof(fake.vcpu));
    fake.reset_count++;
}

void services_vcpu_info(struct vcpu_info *out)
{
    *out = fake.info;
}

uint64_t services_set_interrupts(const uint64_t words[2])
{
    memcpy(fake.set_words, words, sizeof(fake.set_words));
    fake.set_count++;
    return fake.found_state;
}

void services_configure_timer(unsigned timer, uint32_t intid, uint8_t priority, bool is_enabled, bool is_group1)
{
    assert_true(timer < 2);
    unsigned call_count = fake.timer[timer].call_count + 1;
    fake.timer[timer] = (struct fake_timer){intid, priority, is_enabled, is_group1, call_count};
}

bool services_translate(uint64_t address, bool is_write, bool is_el0, uint64_t *ipa, uint64_t *fault)
{
    fake.is_write_asked = is_write;
    fake.is_el0_asked = is_el0;
    bool is_above = fake.translate_break != 0 && address >= fake.translate_break;
    *ipa = address + (is_above ? fake.translate_offset_above : fake.translate_offset);
    *fault = fake.translate_fault;
    if (fake.translate_table != 0) {
        uint64_t frame = (fake.translate_table - fake.ram_runs[0].address) / FAKE_FRAME_BYTES;
        *fault = fake.is_given[frame] ? 0 : PAR_TABLE_FAULT;
    }
    return *fault == 0;
}

bool services_console_put(uint8_t byte)
{
    if (fake.output_room == 0) {
        return false;
    }
    fake.output[fake.output_count++ % FAKE_CONSOLE_BYTES] = byte;
    fake.output_room--;
    return true;
}

bool services_console_get(uint8_t *byte)
{
    if (fake.input_taken == fake.input_count) {
        return false;
    }
    *byte = fake.input[fake.input_taken++];
    return true;
}

void services_console_flush(void)
{
    fake.flush_count++;
}

bool services_console_is_drained(void)
{
    return fake.is_drained;
}

uint64_t services_now_ns(void)
{
    return fake.now_ns;
}

void services_wake_at_ns(uint64_t time_ns)
{
    fake.wake_at_ns = time_ns;
    fake.wake_count++;
}

void services_clean_cache(uintptr_t address, size_t size)
{
    fake.cleaned_address = address;
    fake.cleaned_size = size;
}

void services_zero(uintptr_t address, size_t size)
{
    memset((void *)address, 0, size);
}

void services_print(const char *text)
{
    size_t used = strlen(fake.printed);
    size_t length = strlen(text) + 1;
    assert_true(used + length <= sizeof(fake.printed));
    memcpy(fake.printed + used, text, length);
}

void services_report_end(enum guest_end end, const struct guest_stop *stop)
{
    assert_true(end == GUEST_POWERED_OFF || stop->cause != NULL);
    fake.end_count++;
}

void services_report_reset(void)
{
}

void services_power_off_machine(void)
{
    fake.power_off_count++;
}

volatile uint32_t *services_register_page(void)
{
    return fake.page;
}

/* Mapping twice, or taking away what is not mapped, the kernel refuses. */
void services_show_register_page(bool is_shown)
{
    assert_true(fake.is_page_shown != is_shown);
    fake.is_page_shown = is_shown;
    fake.show_count += is_shown;
    memcpy(fake.page_as_shown, fake.page, sizeof(fake.page));
}

static const struct sel_ram_run *run_of(uint64_t frame_cap)
{
    const struct sel_ram_run *run = fake.ram_runs;
    assert_true(frame_cap - FAKE_FRAME_CAP < FAKE_FRAMES);
    return frame_cap - run->first_cap < run->count ? run : run + 1;
}

/* As the kernel, it refuses a Frame that is mapped already, and one that is not; and all but the place and state it must have. */
void services_give_frame(uint64_t frame_cap, uint64_t address)
{
    const struct sel_ram_run *run = run_of(frame_cap);
    uint64_t at = frame_cap - run->first_cap;
    assert_true(at < run->count && address == run->address + (at << run->size_bits));
    assert_false(fake.is_given[frame_cap - FAKE_FRAME_CAP]);
    assert_true(fake.cleaned_address == address && fake.cleaned_size == 1ull << run->size_bits);
    fake.is_given[frame_cap - FAKE_FRAME_CAP] = true;
    fake.give_count++;
}

void services_take_frame(uint64_t frame_cap)
{
    assert_true(run_of(frame_cap) != NULL && fake.is_given[frame_cap - FAKE_FRAME_CAP]);
    fake.is_given[frame_cap - FAKE_FRAME_CAP] = false;
}
