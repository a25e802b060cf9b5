/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inspection: see inspect.h.
 */
#include "inspect.h"

#include "compare.h"
#include "reach.h"
#include "stage.h"
#include "test/model/parts.h"

#define INSPECT_WORDS 4
#define SPACE_END     (1ul << SEL_LIMIT_ADDRESS_BITS)

struct inspect_counts inspect_counts;

/* --- CNodes --- */

static void inspect_slot(sel_cap_t cap, uint32_t cnode, uint64_t slot)
{
    struct model_call wanted = {.cap = {.rights = SEL_RIGHT_ALL, .object = cnode}, .arg = {slot}, .arg_count = 1};
    uint64_t found[INSPECT_WORDS];

    (void)model_cnode_inspect(&wanted);
    stage_must(sel_cnode_inspect(cap, slot, &found[0], &found[1], &found[2], &found[3]), "look at a slot");
    const struct model_cap *there = model_cap_at(model_slot(cnode, slot));
    if (there != NULL && there->type == CAP_TYPE_FRAME && compare_frame_words(found[1], wanted.result[1])) {
        found[1] = wanted.result[1];
    }
    same("type and rights of a slot", cnode, slot, found[0], wanted.result[0]);
    same("badge of a slot, or what it holds in its place", cnode, slot, found[1], wanted.result[1]);
    same("object of a slot", cnode, slot, found[2], wanted.result[2]);
    same("size of a slot's object", cnode, slot, found[3], wanted.result[3]);
    inspect_counts.slots++;
}

static void inspect_cnode(uint32_t id)
{
    sel_cap_t cap = reach_cnode(id);

    inspect_counts.missed += cap == 0;
    for (uint64_t slot = 1; cap != 0 && slot < model_slot_count(id); slot++) {
        inspect_slot(cap, id, slot);
    }
    reach_end(cap);
}

/* --- threads --- */

static void inspect_thread(uint32_t id)
{
    uint64_t found[THREAD_REG_COUNT];
    sel_cap_t cap = reach_object(CAP_TYPE_TCB, id, 0);

    inspect_counts.missed += cap == 0;
    if (cap == 0) {
        return;
    }
    stage_must(sel_tcb_read_registers(cap, 0, THREAD_REG_COUNT, found), "read registers");
    reach_end(cap);
    for (uint64_t i = 0; i < THREAD_REG_COUNT; i++) {
        if (!compare_is_volatile(id, i)) {
            same("register of a thread that does not run", id, i, found[i], model.thread[id].reg[i]);
        }
    }
    inspect_counts.threads++;
}

/* --- address spaces --- */

static void inspect_mappings(sel_cap_t cap, uint32_t id)
{
    uint64_t address = 0;

    while (address < SPACE_END) {
        struct model_call wanted = {.cap = {.rights = SEL_RIGHT_ALL, .object = id}, .arg = {address}, .arg_count = 1};
        uint64_t found[INSPECT_WORDS] = {0};
        uint64_t status = sel_vspace_inspect(cap, address, &found[0], &found[1], &found[2], &found[3]);
        same("whether there is a mapping at or above", id, address, status, model_vspace_inspect(&wanted));
        if (status != SEL_ERROR_OK || compare_has_differed()) {
            return;
        }
        for (uint64_t i = 0; i < INSPECT_WORDS; i++) {
            same("mapping (0 address, 1 memory, 2 size, 3 rights)", id, i, found[i], wanted.result[i]);
        }
        inspect_counts.mappings++;
        address = found[0] + (1ul << found[2]);
    }
}

static void inspect_vspace(uint32_t id)
{
    struct model_call wanted = {.cap = {.object = id}};
    uint64_t found[3];
    sel_cap_t cap = reach_object(CAP_TYPE_VSPACE, id, SEL_RIGHT_INSPECT);

    inspect_counts.missed += cap == 0;
    if (cap == 0) {
        return;
    }
    (void)model_vspace_status(&wanted);
    stage_must(sel_vspace_status(cap, &found[0], &found[1], &found[2]), "look at a VSpace");
    for (uint64_t i = 0; i < 3; i++) {
        same("VSpace (0 tables, 1 tables left, 2 of a guest)", id, i, found[i], wanted.result[i]);
    }
    inspect_mappings(cap, id);
    reach_end(cap);
}

/* --- memory --- */

static void inspect_buffer(uint32_t index)
{
    const struct model_buffer *wanted = &model.buffer[index];
    volatile uint64_t *found = reach_buffer(wanted->address);

    inspect_counts.missed += found == NULL;
    if (found == NULL) {
        return;
    }
    for (uint64_t i = 0; i < MODEL_BUFFER_WORDS; i++) {
        same("word of an IPC buffer", wanted->address, i, found[i], wanted->word[i]);
    }
    reach_buffer_end();
    inspect_counts.buffers++;
}

void inspect_all(void)
{
    for (uint32_t id = 1; id < MODEL_CNODES; id++) {
        if (model.cnode[id].exists && model.cnode[id].dying_turn == 0) {
            inspect_cnode(id);
        }
    }
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        if (model.thread[id].exists) {
            inspect_thread(id);
        }
    }
    for (uint32_t id = 1; id < MODEL_VSPACES; id++) {
        if (model.vspace[id].exists) {
            inspect_vspace(id);
        }
    }
    for (uint32_t i = 0; i < model.buffer_count; i++) {
        inspect_buffer(i);
    }
}
