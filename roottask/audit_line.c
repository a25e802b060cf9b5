/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit's lines: see audit_line.h.
 */
#include "roottask/audit_line.h"

#include "gen/abi.h"
#include "gen/error_text.h"
#include "roottask/report.h"

const char *audit_owner_of_cspace(const struct spec *spec, uint32_t cnode)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_THREAD); i++) {
        if (spec->thread[i].cspace_slot == cnode) {
            return spec_string(spec, spec->thread[i].name);
        }
    }
    return spec_slot_name(spec, cnode);
}

const char *audit_owner_of_vspace(const struct spec *spec, uint32_t vspace)
{
    for (uint32_t i = 0; i < spec_count(spec, SPEC_TABLE_THREAD); i++) {
        if (spec->thread[i].vspace_slot == vspace) {
            return spec_string(spec, spec->thread[i].name);
        }
    }
    return spec_slot_name(spec, vspace);
}

static void add_place(struct sel_text *line, struct audit_place place)
{
    sel_text_string(line, "audit: process ");
    sel_text_string(line, place.owner);
    sel_text_string(line, " ");
    sel_text_string(line, place.what);
    sel_text_string(line, " ");
    if (place.what[0] == 'a') {
        sel_text_hex(line, place.position);
    } else {
        sel_text_decimal(line, place.position);
    }
    sel_text_string(line, ": ");
}

/** " (READ WRITE)"; rights bit 3 is EXECUTE of a Frame, INSPECT of a CNode or VSpace. */
static void add_rights(struct sel_text *line, uint64_t rights, bool is_frame)
{
    const char *const names[] = {"READ", "WRITE", "GRANT", is_frame ? "EXECUTE" : "INSPECT"};
    const char *separator = " (";

    for (unsigned int bit = 0; bit < sizeof(names) / sizeof(names[0]); bit++) {
        if ((rights >> bit & 1) != 0) {
            sel_text_string(line, separator);
            sel_text_string(line, names[bit]);
            separator = " ";
        }
    }
    sel_text_string(line, separator[1] == '(' ? " (no rights)" : ")");
}

static void finish(struct audit *audit, struct sel_text *line)
{
    audit->difference_count++;
    sel_text_string(line, "\n");
    report_line(line);
}

void audit_say(struct audit *audit, struct audit_place place, const char *what, const char *name)
{
    char bytes[REPORT_LINE_MAX];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));

    add_place(&line, place);
    sel_text_string(&line, what);
    sel_text_string(&line, " ");
    sel_text_string(&line, name);
    finish(audit, &line);
}

void audit_say_capability(struct audit *audit, struct audit_place place, const char *what, uint64_t type,
                          const char *name, uint64_t rights)
{
    char bytes[REPORT_LINE_MAX];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));

    add_place(&line, place);
    sel_text_string(&line, what);
    sel_text_string(&line, " ");
    sel_text_string(&line, type < CAP_TYPE_COUNT && sel_type_text[type] != NULL ? sel_type_text[type] : "unknown");
    sel_text_string(&line, " ");
    sel_text_string(&line, name);
    add_rights(&line, rights, type == CAP_TYPE_FRAME);
    finish(audit, &line);
}

void audit_say_mapping(struct audit *audit, struct audit_place place, const char *what, const char *name,
                       uint64_t rights)
{
    char bytes[REPORT_LINE_MAX];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));

    add_place(&line, place);
    sel_text_string(&line, what);
    sel_text_string(&line, " ");
    sel_text_string(&line, name);
    add_rights(&line, rights, true);
    finish(audit, &line);
}

void audit_say_total(const struct audit *audit)
{
    char bytes[REPORT_LINE_MAX];
    struct sel_text line = sel_text_start(bytes, sizeof(bytes));

    sel_text_string(&line, "audit: ");
    sel_text_decimal(&line, audit->capability_count);
    sel_text_string(&line, " capabilities and ");
    sel_text_decimal(&line, audit->mapping_count);
    sel_text_string(&line, " mappings compared, ");
    sel_text_decimal(&line, audit->difference_count);
    sel_text_string(&line, " differences\n");
    report_line(&line);
}
