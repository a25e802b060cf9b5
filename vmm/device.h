/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an emulated device is to the VMM: one file describes it by one DEVICE_MODEL. The spec says which guest has it, where and on which
 * interrupt (docs/guide/vmm-device.md). capdl reads the description in the source, so its compatible strings and sizes are literals.
 *
 * A device's functions are called with what a guest chose: they check it, end soon, and keep everything in their state. Nothing of this
 * header needs a kernel: a device runs in a test on the host as it does in the VMM.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sel/spec.h"

enum {
    DEVICE_COMPATIBLE_MAX = 4,
};

struct device_model {
    /* Of its device tree node, the most special first; the first is its name in a spec. */
    const char *compatible[DEVICE_COMPATIBLE_MAX];
    uint64_t register_bytes; /* whole pages of 4096 bytes */
    size_t state_bytes;      /* DEVICE_STATE(struct x) */

    /** Reset values; the state is zeroed before. `setting` is the spec's number for this device, 0 by default. NULL: zeroes they are. */
    void (*reset)(void *state, uint64_t setting);

    /**
     * An access of 1, 2, 4 or 8 bytes; `offset` is a multiple of `size` and below register_bytes. Unaligned ones have been cut.
     * False: there is nothing; the guest gets the external abort that it gets where no device is.
     */
    bool (*read)(void *state, uint64_t offset, unsigned size, uint64_t *value);
    bool (*write)(void *state, uint64_t offset, unsigned size, uint64_t value);

    /** The level of its interrupt line, asked for after whatever may have changed the state. NULL: it has no interrupt. */
    bool (*line)(const void *state);

    /** When it is to be polled next, in ns of services_now_ns(); 0: not at all. NULL: never. */
    uint64_t (*due_ns)(const void *state);

    /** Time has passed or something outside happened; called at due_ns, and at other times too. NULL: it does not care. */
    void (*poll)(void *state);
};

/* The one description of a device: DEVICE_MODEL(name) = {.compatible = {"vendor,name"}, ...}; */
#define DEVICE_MODEL(name) const struct device_model device_model_##name

/* Size of a state, which must fit into what the spec compiler sets aside for each device of a guest. */
#define DEVICE_STATE(type)                                                                                             \
    (sizeof(type) + 0 * sizeof(struct {                                                                                \
                        _Static_assert(sizeof(type) <= SEL_GUEST_DEVICE_STATE_BYTES,                                   \
                                       "a device's state is larger than SEL_GUEST_DEVICE_STATE_BYTES");                \
                        _Static_assert(_Alignof(type) <= SEL_GUEST_DEVICE_STATE_ALIGN,                                 \
                                       "a device's state needs more than SEL_GUEST_DEVICE_STATE_ALIGN");               \
                        char unused;                                                                                   \
                    }))
