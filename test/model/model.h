/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference model: what every system call and invocation does, on an abstract state. It is written to be read, not to be fast:
 * objects are small numbers (ids, from 1 on; 0 = none) that index the arrays below, queues are numbers in the waiting threads, and
 * everything is found by looking at everything. No code of the kernel is in it, only the ABI's numbers.
 *
 * Not here: where registers come from (step.h), the kernel's own representation (lockstep.h). Nothing needs a C library.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gen/abi.h"

/* How many of each kind can be there at once; a sequence that needs more ends with model.is_full. */
#define MODEL_CAPS          600
#define MODEL_CNODES        24
#define MODEL_THREADS       40
#define MODEL_ENDPOINTS     48
#define MODEL_NOTIFICATIONS 48
#define MODEL_REPLIES       48
#define MODEL_CONTEXTS      40
#define MODEL_TIMERS        40
#define MODEL_VSPACES       16
#define MODEL_VCPUS         12
#define MODEL_CHAIN         32 /* calls that a context can be handed along */
#define MODEL_BUFFERS       64 /* IPC buffers whose words are known */
#define MODEL_IRQS          40
#define MODEL_SPACE_IDS     64

#define MODEL_REGISTERS      35 /* thread_registers of messages.yaml */
#define MODEL_REG_NUMBER     8
#define MODEL_REG_PC         32
#define MODEL_REG_PSTATE     33
#define MODEL_VCPU_REGISTERS 31
#define MODEL_VCPU_ENTRIES   2
#define MODEL_BUFFER_WORDS   (IPC_BUFFER_BYTES / 8)
#define MODEL_NO_DEADLINE    UINT64_MAX
#define MODEL_CONSOLE_BYTES  64

/* The machine below: arch/fake and QEMU's differ in these alone. */
#define MODEL_IRQ_TIMER     26 /* the kernel's own; all below MODEL_IRQ_FREE are */
#define MODEL_IRQ_EDGE      31 /* served by nothing */
#define MODEL_IRQ_FREE      32
#define MODEL_IRQ_COUNT     256
#define MODEL_INSTRUCTION   4 /* bytes */
#define MODEL_PSTATE_NATIVE 0xf0000000ul

/* --- capabilities: one ordered list, which is the derivation in preorder --- */

enum model_holder {
    MODEL_IN_NOTHING,
    MODEL_IN_CNODE,
    MODEL_IN_THREAD,
};

/** Where a capability sits: slot `index` of a CNode, or one of the five places of a thread. */
struct model_place {
    uint32_t holder; /* enum model_holder */
    uint32_t id;
    uint32_t index;
};

enum model_thread_place {
    MODEL_CSPACE,
    MODEL_VSPACE,
    MODEL_BUFFER,
    MODEL_FAULT_HANDLER,
    MODEL_TIMEOUT_HANDLER,
    MODEL_THREAD_PLACES,
};

struct model_cap {
    uint64_t address; /* of its memory */
    uint64_t badge;   /* Endpoint, Notification; function of SMC; number of IRQHandler */
    uint64_t free;    /* Untyped: bytes given out */
    uint64_t zeroed;  /* Untyped: up to here it is known to be zero (from `free` on) */
    uint64_t page;    /* Frame: number of the page it is mapped at */
    struct model_place place;
    uint32_t root; /* which capability of the beginning it is derived from */
    uint32_t type;
    uint32_t object; /* id among those of its type; 0 where there is none */
    uint32_t rights;
    uint32_t is_original;
    uint32_t size_bits; /* of its memory */
    uint32_t kind;      /* Untyped: kind; Frame: whether device memory */
    uint32_t is_mapped; /* Frame: in the VSpace of this number and generation, as long as that lives */
    uint32_t space_id;
    uint32_t space_generation;
    uint32_t map_rights;
    uint32_t map_attribute;
    uint32_t padding; /* these everywhere, so that equal states are equal bytes */
};

struct model_cnode {
    uint64_t address;
    uint32_t exists;
    uint32_t slot_bits;
    uint32_t remaining;  /* dying: slots not yet emptied, slot 0 included; else 0 */
    uint32_t dying_turn; /* dying: 1 is emptied first */
};

/* --- threads and what they meet at --- */

enum model_state {
    MODEL_INACTIVE,
    MODEL_READY,
    MODEL_RECV,
    MODEL_SEND,
    MODEL_REPLY,
    MODEL_WAIT,
    MODEL_WFI,
};

struct model_thread {
    uint64_t address;
    uint64_t reg[MODEL_REGISTERS];
    uint64_t buffer;        /* address of its IPC buffer, or 0 */
    uint64_t badge;         /* SEND: of the capability it used */
    uint64_t fault_word[8]; /* SEND of a fault */
    uint32_t exists;
    uint32_t state;
    uint32_t priority;
    uint32_t max_priority;
    uint32_t features;
    uint32_t context; /* the time it runs on */
    uint32_t home_context;
    uint32_t lent_context;
    uint32_t notification; /* bound */
    uint32_t vcpu;
    uint32_t reply;     /* RECV: offers it; REPLY: waits on it */
    uint32_t waits_at;  /* Endpoint (RECV, SEND) or Notification (WAIT) */
    uint32_t wait_turn; /* among those of its priority there: 1 is first */
    uint32_t is_passive_waiter;
    uint32_t ready_turn; /* 0: not queued; else its place among those of its priority */
    uint32_t is_call;
    uint32_t can_grant;
    uint32_t fault_label;
    uint32_t fault_length;
    uint32_t repeats; /* its pc is back on a system call that was preempted */
};

struct model_endpoint {
    uint64_t address;
    uint64_t cancel_badge; /* a preempted cancel_badged_sends, and who is next in it */
    uint32_t cancel_next;
    uint32_t exists;
};

struct model_notification {
    uint64_t address;
    uint64_t pending;
    uint32_t exists;
    uint32_t bound; /* thread */
    uint32_t context;
    uint32_t padding;
};

struct model_reply {
    uint64_t address;
    uint32_t exists;
    uint32_t caller;
    uint32_t server;
    uint32_t serve_turn; /* of those its server owes an answer: 1 is the latest */
};

/* --- time --- */

struct model_refill {
    uint64_t release;
    uint64_t amount;
};

struct model_context {
    uint64_t address;
    uint64_t budget; /* ticks; 0 = not configured */
    uint64_t period;
    uint64_t consumed;
    uint64_t badge;
    uint64_t refill_min;
    struct model_refill refill[SEL_LIMIT_REFILL_COUNT_MAX];
    uint32_t refill_count;
    uint32_t refill_max;
    uint32_t exists;
    uint32_t thread; /* who runs on it */
    uint32_t home_thread;
    uint32_t home_notification;
    uint32_t lent_to;
    uint32_t is_released; /* its thread waits for the first refill */
    uint32_t chain_count;
    uint32_t chain[MODEL_CHAIN]; /* Replies along which it was handed, the last one on top */
    uint32_t padding;
};

struct model_timer {
    uint64_t address;
    uint64_t deadline; /* if set */
    uint64_t badge;
    uint32_t exists;
    uint32_t is_set;
    uint32_t notification;
    uint32_t bind_turn; /* 1 was bound last */
};

/* --- the rest --- */

struct model_vspace {
    uint64_t address;
    uint32_t exists;
    uint32_t size_bits;
    uint32_t is_guest;
    uint32_t space_id;
    uint32_t space_generation;
    uint32_t padding;
};

struct model_vcpu {
    uint64_t address;
    uint64_t deadline; /* of a guest in WFI, if set */
    uint64_t reg[MODEL_VCPU_REGISTERS];
    uint64_t entries[2];
    uint64_t lr_state;
    uint64_t offset;
    uint64_t timer_intid[2];
    uint64_t timer_priority[2];
    uint64_t timer_is_enabled[2];
    uint64_t timer_is_group1[2];
    uint64_t injected_syndrome;
    uint64_t injected_address;
    uint32_t is_injected_sync;
    uint32_t is_pending;
    uint32_t is_notified_empty;
    uint32_t is_set;
    uint32_t exists;
    uint32_t thread;
};

enum model_line {
    MODEL_LINE_INACTIVE,
    MODEL_LINE_PENDING,
    MODEL_LINE_ACTIVE,
    MODEL_LINE_BOTH,
};

struct model_irq {
    uint64_t badge;
    uint32_t notification;
    uint32_t is_issued;
    uint32_t is_active; /* as the kernel knows it */
    uint32_t line;      /* enum model_line: as the interrupt controller does */
    uint32_t is_unmasked;
    uint32_t is_edge;
};

struct model_buffer {
    uint64_t address;
    uint64_t word[MODEL_BUFFER_WORDS];
};

/** What the machine around the kernel saw. */
struct model_machine {
    uint64_t clock;
    uint64_t clock_hz;
    uint64_t timer_deadline;
    uint64_t preempt_after; /* asked so often at preemption points, interrupt `preempt_irq` is there; 0 = never */
    uint64_t preempt_irq;
    uint64_t exit_state; /* where a completed VM exit leads (enum model_state): the architecture's affair */
    uint64_t cache_count;
    uint64_t cache_operation;
    uint64_t cache_address;
    uint64_t cache_length;
    uint64_t smc_count;
    uint64_t smc_in[8];
    uint64_t smc_out[4];
    uint64_t exit_reply[8];
    uint64_t console_length; /* of this step */
    uint8_t console[MODEL_CONSOLE_BYTES];
    uint64_t stopped_count; /* H8: threads stopped by a fault that nobody took */
    uint64_t stopped_thread;
    uint64_t stopped_fault;
    uint64_t stopped_word[3];
};

struct model {
    struct model_machine machine;
    uint32_t current; /* thread */
    uint32_t charged; /* context in use */
    uint64_t charged_since;
    struct model_irq irq[MODEL_IRQS];

    uint32_t cap_count;
    uint32_t padding;
    struct model_cap cap[MODEL_CAPS];
    struct model_cnode cnode[MODEL_CNODES];
    struct model_thread thread[MODEL_THREADS];
    struct model_endpoint endpoint[MODEL_ENDPOINTS];
    struct model_notification notification[MODEL_NOTIFICATIONS];
    struct model_reply reply[MODEL_REPLIES];
    struct model_context context[MODEL_CONTEXTS];
    struct model_timer timer[MODEL_TIMERS];
    struct model_vspace vspace[MODEL_VSPACES];
    struct model_vcpu vcpu[MODEL_VCPUS];

    uint32_t buffer_count;
    uint32_t buffer_padding;
    struct model_buffer buffer[MODEL_BUFFERS];
    uint64_t preloaded_start; /* memory that is not zero at the beginning: every word is preloaded_word */
    uint64_t preloaded_end;
    uint64_t preloaded_word;

    uint32_t space_used;
    uint32_t space_free_count;
    uint32_t space_free[MODEL_SPACE_IDS];
    uint32_t space_generation[MODEL_SPACE_IDS];

    uint32_t is_full;      /* more objects than the arrays above hold */
    uint32_t is_ambiguous; /* two events came due at the same tick: their order is not defined */
};

extern struct model model;

/* --- the beginning: what boot makes (the first thread and its things; the world of the sequence) --- */

/** Forget everything; time stands at `clock`. */
void model_reset(uint64_t clock, uint64_t clock_hz);
/** A capability of the beginning in slot `index` of CNode `cnode`: object types as Retype's, else capability types. Returns the object's id. */
uint32_t model_boot_object(uint32_t cnode, uint32_t index, uint64_t object_type, uint64_t address, uint64_t size_bits);
void model_boot_cap(uint32_t cnode, uint32_t index, uint64_t cap_type);
void model_boot_untyped(uint32_t cnode, uint32_t index, uint64_t address, uint64_t size_bits, uint64_t kind);
/** The first thread: its CSpace, VSpace and buffer are capabilities of slots of `cnode`; runs on `context`. */
void model_boot_thread(uint32_t thread, uint32_t context, uint32_t cnode, const uint32_t slots[3], uint32_t priority,
                       uint64_t slice_ns);

/* --- the doors, each followed by model_exit() --- */

/** The current thread executes SVC with what its registers hold. */
void model_syscall(void);
/** The current thread faults (a VM exit too). */
void model_fault(uint64_t label, const uint64_t *word, uint64_t length);
/** Interrupts that wait are taken. */
void model_interrupt(void);
/** Leave the kernel: who runs next, and every interrupt that waits is served. */
void model_exit(void);

/* --- the machine --- */

void model_raise(uint64_t irq);
/** Time passes; the timer's interrupt comes at each of its deadlines. */
void model_advance(uint64_t ticks);
/** A guest in WFI has a timer that will come due. */
void model_guest_deadline(uint32_t vcpu, uint64_t deadline);

/* --- looking at it --- */

/** The capability at a place, or NULL. */
struct model_cap *model_cap_at(struct model_place place);
/** The CNode a thread's capability addresses mean, or 0. */
uint32_t model_cspace(uint32_t thread);
/** The word at `address`, in an IPC buffer. */
uint64_t model_buffer_read(uint64_t address, uint64_t index);
void model_buffer_write(uint64_t address, uint64_t index, uint64_t word);
/** Page tables that a VSpace has left; the mapping in it at or above `address`, whichever comes first, or NULL. */
uint64_t model_tables_free(uint32_t vspace);
const struct model_cap *model_first_mapping(uint32_t vspace, uint64_t address);
/** What means nothing in the present state becomes zero; queues are numbered from 1: equal states are equal bytes. */
void model_tidy(struct model *state);
void model_renumber(struct model *state);
