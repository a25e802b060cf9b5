/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The error printer: fills the sentences of gen/error_text.c with the details of a refusal.
 * Details come from the kernel, but are not trusted to be in range: this runs when something is wrong already.
 */
#include "sel/error.h"

#include "gen/error_text.h"
#include "sel/console.h"
#include "sel/format.h"
#include "sel/protocol.h"
#include "sel/spec.h"

#define SENTENCE_BYTES 256

_Thread_local struct sel_error_info sel_last_error;

/* How a call of a protocol can end (sel/protocol.h). */
static const struct {
    const char *name;
    const char *sentence;
} call_errors[SEL_CALL_ERROR_END - SEL_CALL_ERROR_FIRST] = {
    {"UNKNOWN_METHOD", "the server's protocol has no such method"},
    {"BAD_LENGTH", "a text or buffer is longer than the method takes, or the message is not as long as it says"},
    {"BAD_VALUE", "a value is outside its type"},
    {"BAD_CAPS", "not as many capabilities arrived as the method takes"},
    {"NOT_ALLOWED", "the spec gives this client no role that may call the method"},
    {"FAILED", "the server failed to answer as its protocol says"},
    {"BAD_ANSWER", "the answer is none that the method has"},
};

static bool is_call_error(sel_err_t error)
{
    return error >= SEL_CALL_ERROR_FIRST && error < SEL_CALL_ERROR_END;
}

const char *sel_error_name(sel_err_t error)
{
    if (is_call_error(error)) {
        return call_errors[error - SEL_CALL_ERROR_FIRST].name;
    }
    return error < SEL_ERROR_COUNT && sel_error_text[error].name != NULL ? sel_error_text[error].name : "UNKNOWN_ERROR";
}

static const struct sel_method_text *method_text(uint32_t invocation)
{
    for (uint32_t i = 0; i < SEL_METHOD_COUNT; i++) {
        if (sel_method_text[i].id == invocation) {
            return &sel_method_text[i];
        }
    }
    return NULL;
}

/* "argument 3 (buffer)"; 0 is the invoked capability. */
static void print_argument(struct sel_text *text, const struct sel_method_text *method, uint64_t argument)
{
    if (argument == 0) {
        sel_text_string(text, "the invoked capability");
        return;
    }
    sel_text_string(text, "argument ");
    sel_text_decimal(text, argument);
    if (method != NULL && argument <= method->argument_count) {
        sel_text_string(text, " (");
        sel_text_string(text, method->argument[argument - 1]);
        sel_text_char(text, ')');
    }
}

static void print_type(struct sel_text *text, uint64_t type)
{
    const char *name = type < CAP_TYPE_COUNT ? sel_type_text[type] : NULL;
    if (name == NULL) {
        sel_text_string(text, "a capability of unknown type ");
        sel_text_decimal(text, type);
        return;
    }
    const char first = name[0];
    const bool is_vowel =
        first == 'E' || first == 'I' || first == 'U' || first == 'e' || (first == 'S' && name[1] == 'M');
    sel_text_string(text, is_vowel ? "an " : "a ");
    sel_text_string(text, name);
}

/* The types an argument takes: those of the method's table if they are several, else the one the kernel named. */
static void print_types(struct sel_text *text, const struct sel_error_info *info, const struct sel_method_text *method,
                        uint64_t type)
{
    const uint64_t argument = info->detail[0];
    const bool is_known = method != NULL && argument > 0 && argument <= method->argument_count;
    const uint32_t types = is_known ? method->types[argument - 1] : 0;
    if ((types & (types - 1)) == 0) {
        print_type(text, type);
        return;
    }
    const char *separator = "";
    for (uint32_t i = 0; i < CAP_TYPE_COUNT; i++) {
        if ((types >> i & 1) != 0) {
            sel_text_string(text, separator);
            print_type(text, i);
            separator = " or ";
        }
    }
}

static void print_rights(struct sel_text *text, uint64_t rights)
{
    const char *separator = "";
    for (uint32_t i = 0; i < SEL_RIGHT_TEXT_COUNT; i++) {
        if ((rights >> i & 1) != 0) {
            sel_text_string(text, separator);
            sel_text_string(text, sel_right_text[i]);
            separator = "+";
        }
    }
    if (separator[0] == '\0') {
        sel_text_string(text, "none");
    }
}

static void print_detail(struct sel_text *text, const struct sel_error_info *info, const struct sel_method_text *method,
                         const char *place)
{
    const uint64_t value = info->detail[(place[0] - '0') % 3];
    switch (place[1]) {
    case 'a':
        print_argument(text, method, value);
        break;
    case 'x':
        sel_text_hex(text, value);
        break;
    case 't':
        print_type(text, value);
        break;
    case 'm':
        print_types(text, info, method, value);
        break;
    case 'r':
        print_rights(text, value);
        break;
    default:
        sel_text_decimal(text, value);
    }
}

size_t sel_error_sentence_of(const struct sel_error_info *info, char *buffer, size_t size)
{
    struct sel_text text = sel_text_start(buffer, size);
    const struct sel_method_text *method = method_text(info->invocation);
    if (method != NULL) {
        sel_text_string(&text, method->name);
        sel_text_string(&text, ": ");
    }
    if (is_call_error(info->error)) {
        sel_text_string(&text, call_errors[info->error - SEL_CALL_ERROR_FIRST].sentence);
        return text.length;
    }
    if (info->error >= SEL_PROTOCOL_ERROR_FIRST) {
        sel_text_string(&text, "error ");
        sel_text_decimal(&text, info->error - SEL_PROTOCOL_ERROR_FIRST + 1);
        sel_text_string(&text, " of the protocol's own");
        return text.length;
    }
    if (info->error >= SEL_ERROR_COUNT || sel_error_text[info->error].sentence == NULL) {
        sel_text_string(&text, "unknown error ");
        sel_text_decimal(&text, info->error);
        return text.length;
    }
    for (const char *c = sel_error_text[info->error].sentence; *c != '\0'; c++) {
        if (*c != '{') {
            sel_text_char(&text, *c);
            continue;
        }
        print_detail(&text, info, method, c + 1);
        c += 3; /* digit, kind, closing brace: the generator writes exactly these */
    }
    return text.length;
}

size_t sel_error_sentence(char *buffer, size_t size)
{
    return sel_error_sentence_of(&sel_last_error, buffer, size);
}

static void print_line(const char *what, const struct sel_error_info *info)
{
    char sentence[SENTENCE_BYTES];
    sel_error_sentence_of(info, sentence, sizeof(sentence));
    sel_console_print(sel_spec.process_name);
    sel_console_print(": ");
    sel_console_print(what);
    sel_console_print(": ");
    sel_console_print(sentence);
    sel_console_print("\n");
}

void sel_perror(const char *what)
{
    print_line(what, &sel_last_error);
}

void sel_perror_status(const char *what, sel_err_t error)
{
    print_line(what, &(struct sel_error_info){.error = error});
}
