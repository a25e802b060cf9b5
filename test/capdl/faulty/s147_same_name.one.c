/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/device.h"

DEVICE_MODEL(adder) = {
    .compatible = {"example,one"},
    .register_bytes = 0x1000,
};
