/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of processes in words: see fault.h. Syndromes by Arm ARM DDI 0487, D17.2.37 (ESR_EL2).
 */
#include "roottask/fault.h"

#include <stddef.h>

#include "gen/abi.h"

#define ESR_CLASS(esr)      (((esr) >> 26) & 0x3f)
#define ESR_CLASS_BRK       0x3cu
#define ESR_BRK_NUMBER(esr) ((esr) & 0xffff)
#define ESR_STATUS(esr)     ((esr) & 0x3f) /* DFSC and IFSC */
#define ESR_IS_WRITE(esr)   (((esr) >> 6) & 1)

static const struct {
    uint8_t esr_class;
    const char *cause;
} exception_causes[] = {
    {0x00, "undefined instruction"},
    {0x01, "WFI or WFE that is trapped"},
    {0x07, "FPU or SIMD instruction without `fpu` in the spec"},
    {0x0e, "illegal execution state"},
    {0x16, "HVC instruction"},
    {0x17, "SMC instruction"},
    {0x18, "trapped system register"},
    {0x19, "SVE instruction"},
    {0x20, "instruction abort"},
    {0x22, "pc is not aligned"},
    {0x24, "data abort"},
    {0x26, "sp is not aligned"},
    {0x2c, "floating-point exception"},
    {0x2f, "SError"},
    {0x30, "breakpoint"},
    {0x32, "single step"},
    {0x34, "watchpoint"},
    {ESR_CLASS_BRK, "breakpoint instruction"},
};

static const char *exception_cause(uint64_t esr)
{
    for (size_t i = 0; i < sizeof(exception_causes) / sizeof(exception_causes[0]); i++) {
        if (exception_causes[i].esr_class == ESR_CLASS(esr)) {
            return exception_causes[i].cause;
        }
    }
    return "exception of an unknown class";
}

/** Why an access failed, by the fault status with its level cut off. */
static const char *access_reason(uint64_t status)
{
    if (status == 0x21) {
        return " that is not aligned";
    }
    switch (status & ~3ull) {
    case 0x00:
        return " outside the address space";
    case 0x04:
        return " of unmapped memory";
    case 0x08:
    case 0x0c:
        return " without the right to it";
    case 0x10:
        return " answered by an external abort";
    default:
        return "";
    }
}

static void add_memory_cause(struct sel_text *text, const uint64_t *words)
{
    uint64_t esr = words[FAULT_MEMORY_WORD_ESR];

    if (words[FAULT_MEMORY_WORD_IS_FETCH] != 0) {
        sel_text_string(text, "instruction fetch");
    } else {
        sel_text_string(text, ESR_IS_WRITE(esr) ? "write" : "read");
    }
    sel_text_string(text, access_reason(ESR_STATUS(esr)));
}

static void add_cause(struct sel_text *text, const struct fault_message *fault)
{
    switch (fault->label) {
    case FAULT_MEMORY:
        add_memory_cause(text, fault->words);
        break;
    case FAULT_SYSTEM_CALL:
        sel_text_string(text, "unknown system call ");
        sel_text_decimal(text, fault->words[FAULT_SYSTEM_CALL_WORD_NUMBER]);
        break;
    case FAULT_EXCEPTION:
        sel_text_string(text, exception_cause(fault->words[FAULT_EXCEPTION_WORD_ESR]));
        if (ESR_CLASS(fault->words[FAULT_EXCEPTION_WORD_ESR]) == ESR_CLASS_BRK) {
            sel_text_string(text, " ");
            sel_text_hex(text, ESR_BRK_NUMBER(fault->words[FAULT_EXCEPTION_WORD_ESR]));
        }
        break;
    case FAULT_TIMEOUT:
        sel_text_string(text, "budget used up after ");
        sel_text_decimal(text, fault->words[FAULT_TIMEOUT_WORD_CONSUMED_NS] / 1000);
        sel_text_string(text, " us");
        break;
    default:
        sel_text_string(text, "unknown fault ");
        sel_text_decimal(text, fault->label);
    }
}

static void add_place(struct sel_text *text, const struct spec *spec, const struct spec_thread *thread, uint64_t pc)
{
    const struct spec_symbol *symbol = spec_find_symbol(spec, thread, pc);

    sel_text_string(text, ", pc ");
    sel_text_hex(text, pc);
    if (symbol != NULL) {
        sel_text_string(text, " ");
        sel_text_string(text, spec_string(spec, symbol->name));
        sel_text_string(text, "+");
        sel_text_hex(text, pc - symbol->vaddr);
    }
}

bool fault_is_exit(const struct fault_message *fault, bool *is_abort)
{
    uint64_t esr = fault->words[FAULT_EXCEPTION_WORD_ESR];

    if (fault->label != FAULT_EXCEPTION || ESR_CLASS(esr) != ESR_CLASS_BRK) {
        return false;
    }
    *is_abort = ESR_BRK_NUMBER(esr) == PROCESS_BRK_ABORT;
    return *is_abort || ESR_BRK_NUMBER(esr) == PROCESS_BRK_EXIT;
}

void fault_describe(struct sel_text *text, const struct spec *spec, const struct spec_thread *thread,
                    const struct fault_message *fault)
{
    uint64_t pc = fault->label == FAULT_TIMEOUT ? fault->words[FAULT_TIMEOUT_WORD_PC] : fault->words[0];

    sel_text_string(text, "roottask: fault: process ");
    sel_text_string(text, spec_string(spec, thread->name));
    sel_text_string(text, ": ");
    add_cause(text, fault);
    add_place(text, spec, thread, pc);
    if (fault->label == FAULT_MEMORY) {
        sel_text_string(text, ", address ");
        sel_text_hex(text, fault->words[FAULT_MEMORY_WORD_ADDRESS]);
        sel_text_string(text, ", esr ");
        sel_text_hex(text, fault->words[FAULT_MEMORY_WORD_ESR]);
    } else if (fault->label == FAULT_EXCEPTION) {
        sel_text_string(text, ", esr ");
        sel_text_hex(text, fault->words[FAULT_EXCEPTION_WORD_ESR]);
    }
    sel_text_string(text, "\n");
}

static void add_register_name(struct sel_text *text, uint32_t index)
{
    static const char *const names[] = {"sp", "pc", "pstate", "tpidr"};

    if (index < THREAD_REG_SP) {
        sel_text_string(text, "x");
        sel_text_decimal(text, index);
    } else {
        sel_text_string(text, names[index - THREAD_REG_SP]);
    }
}

void fault_describe_registers(struct sel_text *text, const uint64_t *registers, uint32_t first, uint32_t count)
{
    sel_text_string(text, "roottask:  ");
    for (uint32_t i = first; i < first + count && i < THREAD_REG_COUNT; i++) {
        sel_text_string(text, " ");
        add_register_name(text, i);
        sel_text_string(text, " ");
        sel_text_hex(text, registers[i]);
    }
    sel_text_string(text, "\n");
}
