/* SPDX-License-Identifier: BSD-2-Clause */
/* See made.h. Linear searches: a small system has some dozen of each. */
#include "test/fuzz/roottask/made.h"

#include <stddef.h>
#include <string.h>

#include "gen/abi.h"
#include "test/fuzz/roottask/kernel.h"

#define COPIES_MAX 64
#define PAGES_MAX  128

static struct made_cap own[OWN_SLOTS];

static struct copy {
    uint64_t cnode;
    uint64_t index;
    struct made_cap cap;
} copies[COPIES_MAX];

static size_t copy_count;
static struct made_page pages[PAGES_MAX];
static size_t page_count;

void made_objects(uint64_t type, uint64_t index, uint64_t count)
{
    for (uint64_t i = index; i < index + count; i++) {
        own[i] = (struct made_cap){.type = type, .rights = SEL_RIGHT_ALL, .object = i * 4096};
    }
}

void made_nothing(uint64_t count)
{
    memset(own, 0, sizeof(own));
    copy_count = 0;
    page_count = 0;
    made_objects(CAP_TYPE_UNTYPED, 1, count - 1);
}

void made_copy(uint64_t cnode, uint64_t index, uint64_t source, const struct made_cap *made)
{
    if (copy_count < COPIES_MAX) {
        struct made_cap cap = own[source];
        cap.rights &= made->rights;
        cap.badge = made->badge;
        copies[copy_count++] = (struct copy){.cnode = cnode, .index = index, .cap = cap};
    }
}

void made_mapping(uint64_t vspace, uint64_t address, const struct made_page *page)
{
    if (page_count < PAGES_MAX) {
        pages[page_count] = *page;
        pages[page_count].vspace = vspace;
        pages[page_count++].address = address;
    }
}

void made_delete(uint64_t index)
{
    own[index] = (struct made_cap){0};
}

struct made_cap made_own(uint64_t index)
{
    return index < OWN_SLOTS ? own[index] : (struct made_cap){0};
}

struct made_cap made_at(uint64_t cnode, uint64_t index)
{
    for (size_t i = 0; i < copy_count; i++) {
        if (copies[i].cnode == cnode && copies[i].index == index) {
            return copies[i].cap;
        }
    }
    return (struct made_cap){0};
}

const struct made_page *made_next(uint64_t vspace, uint64_t address)
{
    const struct made_page *lowest = NULL;
    for (size_t i = 0; i < page_count; i++) {
        const struct made_page *page = &pages[i];
        bool is_candidate = page->vspace == vspace && page->address >= address;
        if (is_candidate && (lowest == NULL || page->address < lowest->address)) {
            lowest = page;
        }
    }
    return lowest;
}
