/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/device.h"

DEVICE_MODEL(empty) = {
    .register_bytes = 0x1000,
};
