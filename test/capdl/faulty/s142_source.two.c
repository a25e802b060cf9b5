/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/device.h"

DEVICE_MODEL(one) = {
    .compatible = {"example,one"},
    .register_bytes = 0x1000,
};

DEVICE_MODEL(two) = {
    .compatible = {"example,two"},
    .register_bytes = 0x1000,
};
