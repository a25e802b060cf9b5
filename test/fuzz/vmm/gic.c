/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Targets vmm_gic and, with a GICv2, vmm_gicv2: accesses of any size and alignment to distributor and redistributor, lines that rise and fall, SGIs, and a guest that
 * acknowledges and ends what its list registers show. Whenever the VMM waits, the list registers hold what a guest must be shown; and a
 * guest that goes on taking interrupts comes to an end of them: none is lost, none repeats for ever.
 */
#include "test/fuzz/vmm/machine.h"

#define RECORD_BYTES 16
#define STEPS_MAX    160
#define DRAIN_MAX    2000
#define IS_GICV2     (SEL_GUEST_GIC == 2)

const size_t fuzz_record_bytes = RECORD_BYTES;

static struct gic *gic(void)
{
    return &machine.vmm.gic;
}

/** Interrupts that are active and in no list register: only so many EOIs can be told of. */
static unsigned spilled_count(void)
{
    unsigned count = 0;
    for (unsigned intid = 0; intid < GIC_INTERRUPT_COUNT; intid++) {
        bool is_shown = false;
        for (unsigned i = 0; i < gic()->entry_count; i++) {
            is_shown |= list_register_state(gic()->entry[i]) != INTERRUPT_STATE_EMPTY &&
                        list_register_intid(gic()->entry[i]) == intid;
        }
        count += !is_shown && gic_test(gic()->active, intid);
    }
    return count;
}

/** What the VMM learns of the guest's doing, `eoi_count` EOIs of spilled interrupts included. */
static uint64_t state_after(unsigned eoi_count)
{
    return lr_state_set_eoi_count(machine_state(), eoi_count < 15 ? eoi_count : 15);
}

/** An exit. */
static void enter(unsigned eoi_count)
{
    uint64_t state = state_after(eoi_count);
    if (!gic_is_synced(gic(), state)) {
        gic_sync(gic(), state);
    }
}

static void leave(void)
{
    uint64_t words[2];
    if (gic_refill(gic(), words)) {
        machine_load(words[0], words[1]);
    }
    machine_check(true);
}

/* --- what a guest and its devices do --- */

static uint64_t pick_offset(struct fuzz_input *input, bool is_redistributor)
{
    static const uint16_t rows[] = {0x000,
                                    0x080,
                                    0x100,
                                    0x180,
                                    0x200,
                                    0x280,
                                    0x300,
                                    0x380,
                                    0x400,
                                    0xc00,
                                    IS_GICV2 ? 0xf00 : 0x6000,
                                    IS_GICV2 ? 0xfd0 : 0xffd0};
    uint8_t class = fuzz_u8(input);
    uint64_t value = fuzz_number(input, 2);
    uint64_t frame = is_redistributor && class % 4 != 0 ? 0x10000 : 0;
    if (class >= 240) {
        return frame + value;
    }
    uint64_t place = class & 16 ? value % 0x900 : value % 40 * 4;
    return frame + ((rows[class % 12] + place) & 0xffff);
}

static void access(struct fuzz_input *input, bool is_write)
{
    uint8_t class = fuzz_u8(input);
    bool is_redistributor = !IS_GICV2 && (class & 1);
    unsigned size = class & 2 ? 4 : 1u << (class >> 2 & 3);
    uint64_t address = (is_redistributor ? 0x080a0000 : 0x08000000) + pick_offset(input, is_redistributor);
    address = class & 16 ? address : address & ~(uint64_t)(size - 1);
    uint64_t value = fuzz_word(input);
    if (is_write) {
        (void)board_write(&machine.vmm.board, address, size, value);
    } else {
        (void)board_read(&machine.vmm.board, address, size, &value);
    }
}

static bool is_line_change(uint8_t kind)
{
    return kind >= 180 && kind < 220;
}

/** Any interrupt, or one that a list register shows. */
static unsigned pick_intid(struct fuzz_input *input)
{
    unsigned value = (unsigned)fuzz_number(input, 2);
    uint32_t entry = gic()->entry[value % GIC_ENTRY_MAX];
    return value % 0x100 >= 0x80 && entry != 0 ? (unsigned)list_register_intid(entry)
                                               : value % (GIC_INTERRUPT_COUNT + 8);
}

/** The interrupt of an edge that has come with it; else GIC_INTERRUPT_COUNT. */
static unsigned change_line(struct fuzz_input *input, bool is_high)
{
    unsigned intid = pick_intid(input);
    bool is_edge =
        intid < GIC_INTERRUPT_COUNT && is_high && !gic_test(gic()->line, intid) && gic_test(gic()->is_edge, intid);
    gic_set_line(gic(), intid, is_high);
    return is_edge ? intid : GIC_INTERRUPT_COUNT;
}

/** A device of its own time: its line changes before the VMM learns what the guest did, or behind. The guest can take an edge later only. */
static void step(struct fuzz_input *input)
{
    uint8_t kind = fuzz_u8(input);
    machine_run(fuzz_u8(input));
    unsigned spilled = spilled_count();
    unsigned ended = kind % 8 == 0 && spilled > 0 ? 1 + kind / 8 % spilled : 0;
    unsigned risen = GIC_INTERRUPT_COUNT;
    if (is_line_change(kind) && (kind & 2)) {
        gic_mark_edges(gic());
        risen = change_line(input, kind & 1);
        gic_sync_late(gic(), state_after(ended));
    } else {
        enter(ended);
    }
    if (kind < 150) {
        access(input, true);
    } else if (kind < 180) {
        access(input, false);
    } else if (is_line_change(kind)) {
        if (!(kind & 2)) {
            risen = change_line(input, kind & 1);
        }
    } else if (IS_GICV2) {
        uint64_t to_self = 2ul << 24 | fuzz_u8(input);
        (void)board_write(&machine.vmm.board, 0x08000f00, 4, kind & 2 ? fuzz_word(input) : to_self);
    } else {
        gic_send_sgi(gic(), kind & 2 ? fuzz_word(input) : 1 | (uint64_t)fuzz_u8(input) << 24, kind & 1);
    }
    leave();
    fuzz_check(risen == GIC_INTERRUPT_COUNT || gic_test(gic()->latch, risen), "the edge of interrupt %u is lost",
               risen);
}

/** Quiet devices; the guest takes what it is shown, highest priority first, and ends it. */
static void drain(void)
{
    for (unsigned intid = 0; intid < GIC_INTERRUPT_COUNT; intid++) {
        gic_set_line(gic(), intid, false);
    }
    leave();
    unsigned rounds = 0;
    while (machine_state() != 0) {
        fuzz_check(rounds++ < DRAIN_MAX, "the guest has taken %d interrupts, and there are more", DRAIN_MAX);
        machine_run(0x55); /* pending ones become active */
        machine_run(0xaa); /* active ones end */
        enter(spilled_count() != 0);
        leave();
    }
    fuzz_check(spilled_count() == 0 || gic()->entry_count == 0,
               "%u interrupts are active, and no list register shows one", spilled_count());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    machine_start(size == 0 ? 0 : data[0] % (GIC_ENTRY_MAX + 1));
    for (size_t i = 0; (i + 1) * RECORD_BYTES <= size && i < STEPS_MAX; i++) {
        struct fuzz_input input = {.at = data + i * RECORD_BYTES, .left = RECORD_BYTES};
        step(&input);
    }
    drain();
    return 0;
}
