/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: for every capability type, what is put into a field comes out of it, cut to the field's width, and no other bit changes
 * bounds: none: all values of both words and of every argument; no loop. The list of types and fields is made of the ABI's JSON
 * sources:
 * unwind: 1
 * budget: ci
 * twin: gen/caps.h: 'cap.word0 = (cap.word0 & ~0x400ul) | ((value << 10) & 0x400ul);' -> 'cap.word0 = (cap.word0 & ~0x600ul) | ((value << 10) & 0x400ul);': breaks 'cap_set_bound changes nothing else'
 * twin: gen/caps.h: 'return (cap.word1 >> 12) & 0x7fffff;' -> 'return (cap.word1 >> 12) & 0x3fffff;': breaks 'frame_cap_space_gen gives what was set'
 */
#include "test/proof/lib/proof.h"

#define MASK(width) ((width) == 64 ? UINT64_MAX : (UINT64_C(1) << (width)) - 1)

/** A field in a word of any content: set, then get. */
#define FIELD(name, setter, word, low, width)                                                                          \
    static void prove_##name(void)                                                                                     \
    {                                                                                                                  \
        struct cap before = any_cap();                                                                                 \
        uint64_t value = any_u64();                                                                                    \
        struct cap after = setter(before, value);                                                                      \
        struct cap changed = {.word0 = before.word0 ^ after.word0, .word1 = before.word1 ^ after.word1};               \
        struct cap field = {.word0 = 0, .word1 = 0};                                                                   \
        field.word = MASK(width) << (low);                                                                             \
        PROVE(name(after) == (value & MASK(width)), #name " gives what was set");                                      \
        PROVE(name(before) == ((before.word >> (low)) & MASK(width)), #name " reads its bits");                        \
        PROVE((changed.word0 & ~field.word0) == 0 && (changed.word1 & ~field.word1) == 0,                              \
              #setter " changes nothing else");                                                                        \
    }

/* Generated: FIELD(...) for each field, prove_makers() that makes one capability of each type. */
#include "gen/proof_caps.h"

void proof(void)
{
    prove_fields();
    prove_makers();
    REACHED("the end");
}
