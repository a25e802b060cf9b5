/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of steps, and the sequences worth keeping: those that took the kernel where none before did.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "test/model/step.h"

#define SEQUENCE_MAX 1024 /* steps */
#define STEP_MAGIC   "SELSTEPS"

/** Whether a sequence can be written there, and a corpus into a folder. False, with a sentence on standard error, if not; nothing is left behind. */
bool corpus_can_write(const char *path);
bool corpus_can_save(const char *folder);

/** Write a sequence. False, with a sentence on standard error, if that fails. */
bool corpus_write(const char *path, const struct step *steps, size_t count);
/** Read one: how many steps. 0, with a sentence on standard error, if it is none, or one of another version or ABI. */
size_t corpus_read(const char *path, struct step *steps, bool any_abi);

/** Keep a sequence (the oldest goes if there is no room). */
void corpus_keep(const struct step *steps, size_t count);
/** A kept sequence by chance into `steps`; its length, 0 if there is none. */
size_t corpus_pick(uint64_t *random, struct step *steps);
size_t corpus_count(void);
/** Read each file of a folder into `steps`, in the order of names, and call `use` with its length; false if one cannot be used, or `use` says so. */
bool corpus_load(const char *folder, struct step *steps, bool (*use)(size_t count));
/** The kept ones into a folder, in place of what an earlier run has put there. False, with a sentence on standard error, if that fails. */
bool corpus_save(const char *folder);
