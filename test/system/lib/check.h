/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests that run on the target and tell their results on the console: "TEST name: pass" or "TEST name: fail FILE:LINE: why",
 * and "TESTS n passed, m failed" at the end. pytest makes a case of each line (test/system/conftest.py).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct check_test {
    const char *name;
    void (*run)(void);
};

#define CHECK_TEST(function) {#function, function}

/** Run every test and print the closing line. `before` is called in front of each (may be NULL). */
void check_run(const struct check_test *tests, uint64_t count, void (*before)(void));

/** Record the first failure of the running test; the test goes on until it returns. */
void check_fail(const char *file, int line, const char *what);
void check_fail_values(const char *file, int line, const char *what, uint64_t found, uint64_t wanted);

/** Has the running test failed already? */
bool check_has_failed(void);

/** End the test if the condition does not hold. */
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            check_fail(__FILE__, __LINE__, #condition);                                                                \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

/** End the test if the two numbers differ; both are told. */
#define CHECK_EQUAL(found, wanted)                                                                                     \
    do {                                                                                                               \
        uint64_t check_found_ = (uint64_t)(found);                                                                     \
        uint64_t check_wanted_ = (uint64_t)(wanted);                                                                   \
        if (check_found_ != check_wanted_) {                                                                           \
            check_fail_values(__FILE__, __LINE__, #found, check_found_, check_wanted_);                                \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)
