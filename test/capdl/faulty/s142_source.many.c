/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/device.h"

DEVICE_MODEL(many) = {
    .compatible = {"a,a", "a,b", "a,c", "a,d", "a,e"},
    .register_bytes = 0x1000,
};
