/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/device.h"

DEVICE_MODEL(large) = {
    .compatible = {"example,large"},
    .register_bytes = 8192,
};
