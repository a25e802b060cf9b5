/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU plugin: the longest stretches of instructions that a kernel executes between its entries, its looks at pending interrupts and its
 * exits, and how deep its stack gets, for each class of entry. What is a look, an entry or an exit the caller tells (tools/bounds/observe.py).
 *
 *   -plugin stretches.so,out=FILE,text=START:END,stack=START:END,entry=ADDRESS:CLASS...,mark=ADDRESS:CLASS...,look=ADDRESS...,exit=ADDRESS...
 *
 * A mark, when it is executed, puts the entry into another class. FILE receives lines `stretch CLASS KIND LENGTH FROM TO COUNT` (KIND: 0 entry to
 * exit, 1 entry to look, 2 look to look, 3 look to exit) and `stack CLASS BYTES`. It measures, it never changes the run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_code.h"

#define CLASS_MAX 16
#define KIND_MAX  4

enum role {
    ROLE_NONE,
    ROLE_ENTRY,
    ROLE_MARK,
    ROLE_LOOK,
    ROLE_EXIT,
};

struct place {
    uint64_t address;
    uint8_t role;
    uint8_t class;
};

struct stretch {
    uint64_t length;
    uint64_t from;
    uint64_t to;
    uint64_t count;
};

static struct range stack;
static struct place *places;
static struct stretch longest[CLASS_MAX][KIND_MAX];
static uint64_t deepest[CLASS_MAX];
static FILE *out;

/* Where the run is: in the kernel, since which entry or look. */
static bool is_inside;
static bool is_since_entry;
static uint8_t class;
static uint64_t length;
static uint64_t from;

static void end_stretch(uint64_t address, bool is_exit)
{
    struct stretch *best = &longest[class][(is_since_entry ? 0 : 2) + (is_since_entry == is_exit ? 0 : 1)];
    best->count++;
    if (length > best->length) {
        best->length = length;
        best->from = from;
        best->to = address;
    }
}

static void see_instruction(unsigned int cpu, void *data)
{
    (void)cpu;
    const struct place *place = data;
    if (place->role == ROLE_ENTRY) {
        is_inside = true;
        is_since_entry = true;
        class = place->class;
        length = 0;
        from = place->address;
    }
    if (!is_inside) {
        return;
    }
    length++;
    if (place->role == ROLE_MARK) {
        class = place->class;
    } else if (place->role == ROLE_LOOK) {
        end_stretch(place->address, false);
        is_since_entry = false;
        length = 1;
        from = place->address;
    } else if (place->role == ROLE_EXIT) {
        end_stretch(place->address, true);
        is_inside = false;
    }
}

static void see_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    (void)cpu;
    (void)info;
    (void)data;
    if (is_inside && address >= stack.start && address < stack.end && stack.end - address > deepest[class]) {
        deepest[class] = stack.end - address;
    }
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);
        if (kernel_code_has(insn, address)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, see_instruction, QEMU_PLUGIN_CB_NO_REGS,
                                                   &places[(address - kernel_code.start) / 4]);
            qemu_plugin_register_vcpu_mem_cb(insn, see_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
        }
    }
}

static void finish(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    for (unsigned int i = 0; i < CLASS_MAX; i++) {
        for (unsigned int kind = 0; kind < KIND_MAX; kind++) {
            const struct stretch *best = &longest[i][kind];
            if (best->count != 0) {
                fprintf(out, "stretch %u %u %lu %#lx %#lx %lu\n", i, kind, best->length, best->from, best->to,
                        best->count);
            }
        }
        if (deepest[i] != 0) {
            fprintf(out, "stack %u %lu\n", i, deepest[i]);
        }
    }
    fclose(out);
}

/** `ADDRESS` or `ADDRESS:CLASS`; the text's range comes first. */
static bool take_place(const char *argument, enum role role)
{
    char *end;
    uint64_t address = strtoull(argument, &end, 0);
    uint64_t number = *end == ':' ? strtoull(end + 1, NULL, 0) : 0;
    if (places == NULL || address < kernel_code.start || address >= kernel_code.end || number >= CLASS_MAX) {
        return false;
    }
    struct place *place = &places[(address - kernel_code.start) / 4];
    place->role = (uint8_t)role;
    place->class = (uint8_t)number;
    return true;
}

static bool take_text(const char *argument)
{
    if (!take_range(argument, &kernel_code) ||
        (places = calloc((kernel_code.end - kernel_code.start) / 4, sizeof(*places))) == NULL) {
        return false;
    }
    for (uint64_t address = kernel_code.start; address < kernel_code.end; address += 4) {
        places[(address - kernel_code.start) / 4].address = address;
    }
    return true;
}

static bool take_argument(const char *argument)
{
    static const struct {
        const char *name;
        enum role role;
    } roles[] = {{"entry=", ROLE_ENTRY}, {"mark=", ROLE_MARK}, {"look=", ROLE_LOOK}, {"exit=", ROLE_EXIT}};
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strncmp(argument, roles[i].name, strlen(roles[i].name)) == 0) {
            return take_place(argument + strlen(roles[i].name), roles[i].role);
        }
    }
    if (strncmp(argument, "out=", 4) == 0) {
        out = fopen(argument + 4, "w");
        return out != NULL;
    }
    if (strncmp(argument, "text=", 5) == 0) {
        return take_text(argument + 5);
    }
    return strncmp(argument, "stack=", 6) == 0 && take_range(argument + 6, &stack);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!take_argument(argv[i])) {
            fprintf(stderr, "stretches: bad argument '%s'; see the head of stretches.c\n", argv[i]);
            return -1;
        }
    }
    if (out == NULL || places == NULL) {
        fprintf(stderr, "stretches: give out=FILE and text=START:END\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
