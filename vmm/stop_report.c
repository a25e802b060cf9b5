/* SPDX-License-Identifier: BSD-2-Clause */
/* See stop_report.h. */
#include "vmm/stop_report.h"

#include <stddef.h>
#include <stdint.h>

#include "gen/abi.h"
#include "sel/format.h"

enum {
    PER_LINE = 4,
    GENERAL_REGISTERS = THREAD_REG_X30 + 1,
    EL1_LINES = 2,
    LINES = EL1_LINES + (GENERAL_REGISTERS + PER_LINE - 1) / PER_LINE,
};

struct el1_register {
    const char *name;
    unsigned index;
};

static const struct el1_register el1_registers[EL1_LINES][PER_LINE] = {
    {{" elr_el1 ", VCPU_REG_ELR_EL1},
     {" esr_el1 ", VCPU_REG_ESR_EL1},
     {" far_el1 ", VCPU_REG_FAR_EL1},
     {" spsr_el1 ", VCPU_REG_SPSR_EL1}},
    {{" vbar_el1 ", VCPU_REG_VBAR_EL1},
     {" sctlr_el1 ", VCPU_REG_SCTLR_EL1},
     {" sp_el1 ", VCPU_REG_SP_EL1},
     {" sp_el0 ", VCPU_REG_SP_EL0}},
};

static void add_el1(struct sel_text *text, const struct el1_register registers[PER_LINE])
{
    for (unsigned i = 0; i < PER_LINE; i++) {
        sel_text_string(text, registers[i].name);
        sel_text_hex(text, services_read_vcpu_register(registers[i].index));
    }
}

static void add_general(struct sel_text *text, unsigned first)
{
    for (unsigned i = first; i < first + PER_LINE && i < GENERAL_REGISTERS; i++) {
        sel_text_string(text, " x");
        sel_text_decimal(text, i);
        sel_text_char(text, ' ');
        sel_text_hex(text, services_read_thread_register(THREAD_REG_X0 + i));
    }
}

static bool add_line(struct sel_text *text, unsigned index)
{
    if (index >= LINES) {
        return false;
    }
    sel_text_string(text, index == 0 ? "  its last exception:" : " ");
    if (index < EL1_LINES) {
        add_el1(text, el1_registers[index]);
    } else {
        add_general(text, (index - EL1_LINES) * PER_LINE);
    }
    sel_text_char(text, '\n');
    return true;
}

static void print_end(const char *guest, const struct guest_stop *stop)
{
    char buffer[200];
    struct sel_text text = sel_text_start(buffer, sizeof(buffer));
    sel_text_string(&text, "guest ");
    sel_text_string(&text, guest);
    if (stop == NULL) {
        sel_text_string(&text, ": powered off\n");
    } else {
        sel_text_string(&text, ": stopped: ");
        sel_text_string(&text, stop->cause);
        sel_text_string(&text, ", exit ");
        sel_text_hex(&text, stop->exit_word);
        sel_text_string(&text, ", pc ");
        sel_text_hex(&text, stop->pc);
        sel_text_string(&text, ", esr ");
        sel_text_hex(&text, stop->esr);
        sel_text_string(&text, ", address ");
        sel_text_hex(&text, stop->address);
        sel_text_string(&text, "\n");
    }
    services_print(buffer);
}

static void print_registers(void)
{
    char buffer[STOP_REPORT_LINE_BYTES];
    struct sel_text text = sel_text_start(buffer, sizeof(buffer));
    for (unsigned index = 0; add_line(&text, index); index++) {
        services_print(buffer);
        text = sel_text_start(buffer, sizeof(buffer));
    }
}

void stop_report_print(const char *guest, const struct guest_stop *stop)
{
    print_end(guest, stop);
    if (stop != NULL) {
        print_registers();
    }
}
