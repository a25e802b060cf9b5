/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process knows about its own place in the system. capdl generates one sel_spec.c per process that
 * defines the data declared here; a component is compiled once and linked against the sel_spec.c of each of its instances.
 * A component names what its spec entry names by the SEL_USES_... macros below, at file scope: a name that the spec does not
 * give is an error of the linker ("undefined symbol: sel_cap_NAME"). Nothing here is decided at run time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A capability of this process: an index into its CNode. SEL_USES_CAP(NAME) declares `sel_cap_NAME`. */
#define SEL_USES_CAP(name) extern const uint64_t sel_cap_##name

/* A bit of this process's Notification that somebody signals. SEL_USES_BIT(NAME) declares `sel_bit_NAME` (the bit's value, not its index). */
#define SEL_USES_BIT(name) extern const uint64_t sel_bit_##name

/* A shared region or a device's registers, mapped. SEL_USES_REGION(NAME) declares `sel_region_NAME`. */
#define SEL_USES_REGION(name) extern const struct sel_region sel_region_##name

struct sel_region {
    uintptr_t base;
    size_t size;
    bool is_writable;
};

enum sel_console_kind {
    SEL_CONSOLE_NONE = 0,
    SEL_CONSOLE_KERNEL = 1, /* the kernel's console capability: sel_cap of `console_cap` */
    SEL_CONSOLE_RING = 2,   /* a pair of byte rings to the console server */
};

/* A connection to a console server, as one side sees it: what it writes, what it reads, whom it wakes. Ring memory starts as zeroes. */
struct sel_console_link {
    uintptr_t output_base; /* ring this side writes */
    size_t output_size;    /* bytes of memory, ring header included */
    uintptr_t input_base;  /* ring this side reads */
    size_t input_size;
    uint64_t peer_cap; /* badged Notification capability: signal after writing or making room */
    uint64_t own_bit;  /* bit of the own Notification the peer signals */
};

struct sel_spec {
    const char *process_name;
    enum sel_console_kind console_kind;
    uint32_t console_channel;        /* its number in the console protocol */
    uint64_t console_cap;            /* SEL_CONSOLE_KERNEL */
    struct sel_console_link console; /* SEL_CONSOLE_RING */
    uintptr_t heap_base;
    size_t heap_size;
    uint64_t cnode_slot_count;
    uint64_t first_free_slot;  /* this and all above are empty, for received capabilities */
    uint64_t notification_cap; /* the process's own Notification (READ), bound to its thread; 0 = it has none */
    uint64_t reply_cap;        /* Reply object, 0 = it serves nothing */
    uint64_t supervisor_cap;   /* messages to the roottask (SUPERVISOR_... of roottask_spec.h), 0 = none */
    bool is_passive;           /* must send SUPERVISOR_READY by nb_send_recv when it starts to serve */
    bool has_fpu;
};

extern const struct sel_spec sel_spec;

/* What the code of protocols (sel/protocol.h) is told of this process's channels and services. A client of a service, as the spec names it: */
struct sel_client {
    const char *name;  /* its process */
    const char *local; /* what it calls the service: the name in its `uses` */
    uint32_t number;   /* its place among the service's clients, from 0 */
    uint64_t methods;  /* bit n: it may call the method of number n + 1 */
};

/* A channel from this process to a service. */
struct sel_channel {
    uint64_t cap;
};

/* A service of this process. */
struct sel_service {
    uint64_t cap;
    uint32_t client_count;
    const struct sel_client *clients;
    uint64_t receive_index; /* empty slots of the own CNode for the capabilities of a message; 0 = it takes none */
    uint64_t cnode_cap;     /* the own CNode, to empty them; 0 = the protocol has none */
};

/* The console server's clients; defined in the server only. */
struct sel_console_client {
    const char *name;
    uint32_t channel;
    bool is_guest;
    struct sel_console_link link; /* output: to the client; input: from the client */
};

struct sel_console_server_spec {
    uint32_t client_count;
    uint32_t front_channel;
    const struct sel_console_client *clients;
};

extern const struct sel_console_server_spec sel_console_server;

/* A guest, defined in its VMM only. All addresses are the guest's (IPA) and the VMM's own at once: RAM is mapped at equal addresses. */
struct sel_guest_piece {
    uint64_t guest_address; /* where it is copied to at every start */
    const void *source;     /* pristine copy, mapped read-only in the VMM */
    size_t size;
};

/* A page of device registers that the VMM keeps and lets its guest read. */
struct sel_register_page {
    uintptr_t base;         /* where the VMM writes it */
    uint64_t guest_address; /* where it may map it for the guest */
    uint64_t frame_cap;     /* READ */
};

/* RAM: mapped in the VMM at the guest's own addresses; in the guest nothing is but what the VMM maps there. */
struct sel_ram_run {
    uint64_t address;   /* of the first Frame, for both */
    uint64_t first_cap; /* READ, WRITE, EXECUTE; those of the others follow */
    uint32_t count;
    uint32_t size_bits; /* of each Frame */
};

/* Memory for the state of each device that the spec gives a guest. */
enum {
    SEL_GUEST_DEVICE_STATE_BYTES = 4096,
    SEL_GUEST_DEVICE_STATE_ALIGN = 16,
};

/* An emulated device, where the spec puts it; vmm/device.h says what a model is. */
struct device_model;
struct sel_guest_device {
    const struct device_model *model;
    uint64_t address; /* of its registers */
    uint64_t setting; /* what it is to begin with, as its kind takes it */
    uint32_t intid;   /* of its interrupt, 0 if it has none */
    void *state;      /* SEL_GUEST_DEVICE_STATE_BYTES */
};

enum sel_guest_power_off {
    SEL_GUEST_STOP = 0,       /* only this guest ends */
    SEL_GUEST_SYSTEM_OFF = 1, /* the machine goes off with it */
};

struct sel_guest {
    const char *name;
    uint64_t ram_base;
    uint64_t ram_size;
    uint32_t ram_run_count;
    const struct sel_ram_run *ram_runs; /* ascending; together exactly RAM */
    uint64_t entry;                     /* pc at the first instruction */
    uint64_t x[4];                      /* x0..x3 at the first instruction */
    uint32_t piece_count;
    const struct sel_guest_piece *pieces; /* kernel, initrd, device tree; ascending, disjoint, inside RAM */
    uint32_t cpu_count;
    uint32_t timer_frequency_hz; /* 0 = the machine's */
    enum sel_guest_power_off power_off;
    bool has_fpu;
    uint64_t tcb_cap; /* guest's thread */
    uint64_t vcpu_cap;
    uint64_t vspace_cap;
    uint64_t exit_endpoint_cap; /* READ: exits arrive here */
    uint64_t timer_cap;         /* Timer bound to the own Notification */
    uint64_t timer_bit;
    struct sel_register_page uart_page;
    uint32_t device_count;
    const struct sel_guest_device *devices; /* besides those of its board; disjoint */
    struct sel_console_link console;        /* the guest's UART */
    struct sel_console_link debugger;       /* whoever debugs the guest; all zero in a system that is built without */
};

extern const struct sel_guest sel_guest;
