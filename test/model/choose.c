/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Choosing from the model's state.
 */
#include "test/model/choose.h"

uint64_t choose_state;

uint64_t lockstep_random(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random * 0x2545f4914f6cdd1dul >> 16;
}

uint64_t choose(uint64_t bound)
{
    return bound == 0 ? 0 : lockstep_random(&choose_state) % bound;
}

bool choose_one_in(uint64_t count)
{
    return choose(count) == 0;
}

uint64_t choose_of(const uint64_t *list, uint64_t count)
{
    return list[choose(count)];
}

uint32_t choose_cspace(void)
{
    return model.current == 0 ? 1 : model_cspace(model.current);
}

/** One of those that `fits`, all equally likely; what boot made only if there is nothing else, or now and then. */
static uint64_t one_of(uint32_t cnode, uint32_t type, uint32_t object)
{
    uint64_t found = 0;
    uint64_t count = 0;
    bool with_boot = choose_one_in(12);
    for (uint32_t i = 0; i < model.cap_count; i++) {
        const struct model_cap *cap = &model.cap[i];
        bool is_here = cap->place.holder == MODEL_IN_CNODE && cap->place.id == cnode && cap->place.index != 0;
        bool fits = (type == 0 || cap->type == type) && (object == 0 || cap->object == object);
        if (!is_here || !fits) {
            continue;
        }
        bool is_boot = cap->place.index < SLOT_FIRST_FREE;
        if (found != 0 && is_boot && !with_boot) {
            continue;
        }
        bool replaces_boot = found != 0 && found < SLOT_FIRST_FREE && !is_boot && !with_boot;
        count = replaces_boot ? 1 : count + 1;
        if (replaces_boot || choose_one_in(count)) {
            found = cap->place.index;
        }
    }
    return found;
}

uint64_t choose_cap(uint32_t type)
{
    return one_of(choose_cspace(), type, 0);
}

uint64_t choose_cap_of(uint32_t type, uint32_t object)
{
    return object == 0 ? 0 : one_of(choose_cspace(), type, object);
}

uint64_t choose_meeting(enum model_state state)
{
    uint32_t endpoint = 0;
    uint64_t count = 0;
    for (uint32_t id = 1; id < MODEL_THREADS; id++) {
        const struct model_thread *thread = &model.thread[id];
        if (thread->state == state && thread->waits_at != 0 && choose_one_in(++count)) {
            endpoint = thread->waits_at;
        }
    }
    return choose_cap_of(CAP_TYPE_ENDPOINT, endpoint);
}

uint64_t choose_badged(uint32_t type)
{
    uint64_t slot = 0;
    uint64_t count = 0;
    uint32_t cnode = choose_cspace();
    for (uint32_t i = 0; i < model.cap_count; i++) {
        const struct model_cap *cap = &model.cap[i];
        bool is_here = cap->place.holder == MODEL_IN_CNODE && cap->place.id == cnode;
        if (is_here && cap->type == type && cap->badge != 0 && choose_one_in(++count)) {
            slot = cap->place.index;
        }
    }
    return slot;
}

uint64_t choose_full(uint32_t cnode)
{
    return one_of(cnode, 0, 0);
}

static bool is_empty(uint32_t cnode, uint64_t index)
{
    return model_cap_at((struct model_place){MODEL_IN_CNODE, cnode, (uint32_t)index}) == 0;
}

uint64_t choose_empty(uint32_t cnode)
{
    uint64_t count = cnode == 0 ? 0 : 1ul << model.cnode[cnode].slot_bits;
    for (unsigned int tries = 0; tries < 20 && count > 1; tries++) {
        uint64_t index = 1 + choose(count - 1);
        if (is_empty(cnode, index)) {
            return index;
        }
    }
    return 0;
}

static bool is_given[1 << WORLD_SLOT_BITS];

void choose_forget_rows(void)
{
    for (unsigned int i = 0; i < sizeof(is_given); i++) {
        is_given[i] = false;
    }
}

uint64_t choose_row(uint64_t count)
{
    uint32_t cnode = choose_cspace();
    for (unsigned int tries = 0; tries < 20; tries++) {
        uint64_t first = choose_empty(cnode);
        uint64_t i = 0;
        while (first != 0 && i < count && first + i < sizeof(is_given) && is_empty(cnode, first + i) &&
               !is_given[first + i]) {
            i++;
        }
        if (first != 0 && i == count) {
            for (i = 0; i < count; i++) {
                is_given[first + i] = true;
            }
            return first;
        }
    }
    return 0;
}

uint64_t choose_odd(void)
{
    uint64_t near = CHOOSE(0, 1, 2, 7, 8, 16, 63, 64, 120, 127, 128, 255, 256, 1023, 4096, 1ul << 32, UINT64_MAX);
    return choose_one_in(4) ? lockstep_random(&choose_state) : near + choose(3) - 1;
}
