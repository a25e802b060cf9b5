/* SPDX-License-Identifier: BSD-2-Clause */
/* See spec_devices.h. Their number is the spec's: work is bounded by it, whatever the guest does. */
#include "vmm/spec_devices.h"

#include <string.h>

#include "vmm/bits.h"
#include "vmm/device.h"
#include "vmm/services.h"

static const struct sel_guest_device *find(const struct sel_guest *guest, uint64_t address)
{
    for (uint32_t i = 0; i < guest->device_count; i++) {
        if (address - guest->devices[i].address < guest->devices[i].model->register_bytes) {
            return &guest->devices[i];
        }
    }
    return NULL;
}

static void update_line(struct spec_devices *devices, const struct sel_guest_device *device)
{
    if (device->model->line != NULL) {
        gic_set_line(devices->gic, device->intid, device->model->line(device->state));
    }
}

static uint64_t due_of(const struct sel_guest_device *device)
{
    return device->model->due_ns != NULL ? device->model->due_ns(device->state) : 0;
}

/* Zero is never: below any other time as an unsigned number less one, it is above. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a - 1 < b - 1 ? a : b;
}

static void update_wake(struct spec_devices *devices)
{
    uint64_t due_ns = 0;
    for (uint32_t i = 0; i < devices->guest->device_count; i++) {
        due_ns = earlier(due_ns, due_of(&devices->guest->devices[i]));
    }
    if (due_ns != devices->due_ns && due_ns != 0) {
        services_wake_at_ns(due_ns);
    }
    devices->due_ns = due_ns;
}

static void update(struct spec_devices *devices, const struct sel_guest_device *device)
{
    update_line(devices, device);
    update_wake(devices);
}

bool spec_devices_read(struct spec_devices *devices, uint64_t address, unsigned size, uint64_t *value)
{
    const struct sel_guest_device *device = find(devices->guest, address);
    if (device == NULL || !device->model->read(device->state, address - device->address, size, value)) {
        return false;
    }
    *value = bits_low_bytes(*value, size);
    update(devices, device);
    return true;
}

bool spec_devices_write(struct spec_devices *devices, uint64_t address, unsigned size, uint64_t value)
{
    const struct sel_guest_device *device = find(devices->guest, address);
    if (device == NULL ||
        !device->model->write(device->state, address - device->address, size, bits_low_bytes(value, size))) {
        return false;
    }
    update(devices, device);
    return true;
}

void spec_devices_poll(struct spec_devices *devices)
{
    devices->due_ns = 0; /* a wake-up that was asked for may be the one that came */
    for (uint32_t i = 0; i < devices->guest->device_count; i++) {
        const struct sel_guest_device *device = &devices->guest->devices[i];
        if (device->model->poll != NULL) {
            device->model->poll(device->state);
        }
        update_line(devices, device);
    }
    update_wake(devices);
}

void spec_devices_reset(struct spec_devices *devices, const struct sel_guest *guest, struct gic *gic)
{
    *devices = (struct spec_devices){.guest = guest, .gic = gic};
    for (uint32_t i = 0; i < guest->device_count; i++) {
        const struct sel_guest_device *device = &guest->devices[i];
        memset(device->state, 0, device->model->state_bytes);
        if (device->model->reset != NULL) {
            device->model->reset(device->state, device->setting);
        }
        update_line(devices, device);
    }
    update_wake(devices);
}
