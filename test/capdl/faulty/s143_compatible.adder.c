/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/device.h"

DEVICE_MODEL(adder) = {
    .compatible = {"example,adder", "example,add"},
    .register_bytes = 0x1000,
};
