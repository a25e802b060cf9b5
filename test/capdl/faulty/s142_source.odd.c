/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/device.h"

DEVICE_MODEL(odd) = {
    .compatible = {"example,odd"},
    .register_bytes = 0x1004,
};
