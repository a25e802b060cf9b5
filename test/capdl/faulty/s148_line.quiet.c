/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/device.h"

DEVICE_MODEL(quiet) = {
    .compatible = {"example,quiet"},
    .register_bytes = 0x1000,
};
