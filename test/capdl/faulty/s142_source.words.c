/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/device.h"

DEVICE_MODEL(words) = {
    .compatible = {"two words"},
    .register_bytes = 0x1000,
};
