/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/device.h"

DEVICE_MODEL(sum) = {
    .compatible = {"example,sum"},
    .register_bytes = sizeof(int),
};
