/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of steps: STEP_MAGIC, version (4 bytes), hash of the ABI's lock file (8 bytes), steps up to STEP_END (pack.c).
 */
#include "test/model/corpus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/model_names.h"
#include "test/model/lockstep.h"
#include <dirent.h>
#include <unistd.h>

#define HEADER_BYTES 20
#define FILE_BYTES   (256 * 1024)
#define KEPT_MAX     2048
#define PATH_BYTES   4096

struct kept {
    uint8_t *bytes;
    size_t length;
};

static struct kept kept[KEPT_MAX];
static size_t kept_count;
static size_t kept_oldest;
static uint8_t buffer[FILE_BYTES];

static size_t pack_all(const struct step *steps, size_t count)
{
    static const struct step end = {.kind = STEP_END};
    size_t length = 0;
    for (size_t i = 0; i <= count; i++) {
        length = step_pack(i < count ? &steps[i] : &end, buffer, length, sizeof(buffer));
        if (length == 0) {
            return 0;
        }
    }
    return length;
}

/** Steps up to the end; -1 if the bytes are no steps. */
static int unpack_all(const uint8_t *bytes, size_t length, struct step *steps)
{
    size_t at = 0;
    for (int count = 0; count < SEQUENCE_MAX; count++) {
        size_t used = step_unpack(&steps[count], bytes + at, length - at);
        if (used == 0) {
            return -1;
        }
        if (steps[count].kind == STEP_END) {
            return count;
        }
        at += used;
    }
    return -1;
}

/* --- files --- */

bool corpus_can_write(const char *path)
{
    char unfinished[PATH_BYTES];
    (void)snprintf(unfinished, sizeof(unfinished), "%s.new", path);
    FILE *file = fopen(unfinished, "wb");
    if (file == NULL) {
        perror(unfinished);
        return false;
    }
    (void)fclose(file);
    (void)unlink(unfinished);
    return true;
}

bool corpus_can_save(const char *folder)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "%s/0000.steps", folder);
    return corpus_can_write(path);
}

/** In one step: whoever is ended meanwhile leaves the old file, or none. */
bool corpus_write(const char *path, const struct step *steps, size_t count)
{
    uint8_t header[HEADER_BYTES] = STEP_MAGIC;
    uint32_t version = STEP_VERSION;
    uint64_t hash = STEP_ABI_HASH;
    char unfinished[PATH_BYTES];
    (void)snprintf(unfinished, sizeof(unfinished), "%s.new", path);
    memcpy(header + 8, &version, sizeof(version));
    memcpy(header + 12, &hash, sizeof(hash));
    size_t length = pack_all(steps, count);
    FILE *file = fopen(unfinished, "wb");
    if (file == NULL) {
        perror(unfinished);
        return false;
    }
    bool is_written = fwrite(header, 1, sizeof(header), file) == sizeof(header) &&
                      fwrite(buffer, 1, length, file) == length && length != 0;
    is_written = fclose(file) == 0 && is_written && rename(unfinished, path) == 0;
    if (!is_written) {
        (void)fprintf(stderr, "%s: could not be written whole\n", path);
        (void)unlink(unfinished);
    }
    return is_written;
}

static bool is_header(const char *path, const uint8_t *header, size_t length, bool any_abi)
{
    uint32_t version = 0;
    uint64_t hash = 0;
    if (length < HEADER_BYTES || memcmp(header, STEP_MAGIC, 8) != 0) {
        (void)fprintf(stderr, "%s: no file of steps (it does not begin with %s)\n", path, STEP_MAGIC);
        return false;
    }
    memcpy(&version, header + 8, sizeof(version));
    memcpy(&hash, header + 12, sizeof(hash));
    if (version != STEP_VERSION) {
        (void)fprintf(stderr, "%s: steps in format %u, this program reads format %u\n", path, version, STEP_VERSION);
        return false;
    }
    if (hash != STEP_ABI_HASH && !any_abi) {
        (void)fprintf(
            stderr,
            "%s: steps of another ABI (abi.lock %016lx, this one is %016lx): their numbers may mean something "
            "else; delete the file, or take it over with `lockstep adopt`\n",
            path, hash, STEP_ABI_HASH);
        return false;
    }
    return true;
}

size_t corpus_read(const char *path, struct step *steps, bool any_abi)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 0;
    }
    size_t length = fread(buffer, 1, sizeof(buffer), file);
    (void)fclose(file);
    if (!is_header(path, buffer, length, any_abi)) {
        return 0;
    }
    int count = unpack_all(buffer + HEADER_BYTES, length - HEADER_BYTES, steps);
    if (count <= 0) {
        (void)fprintf(stderr, "%s: damaged, or no step in it\n", path);
        return 0;
    }
    return (size_t)count;
}

/* --- the kept ones --- */

void corpus_keep(const struct step *steps, size_t count)
{
    size_t length = pack_all(steps, count);
    size_t place = kept_count < KEPT_MAX ? kept_count++ : kept_oldest++ % KEPT_MAX;
    uint8_t *copy = malloc(length);
    if (copy == NULL || length == 0) {
        (void)fprintf(stderr, "lockstep: no memory for %zu steps\n", count);
        exit(2);
    }
    memcpy(copy, buffer, length);
    free(kept[place].bytes);
    kept[place] = (struct kept){.bytes = copy, .length = length};
}

size_t corpus_count(void)
{
    return kept_count;
}

size_t corpus_pick(uint64_t *random, struct step *steps)
{
    if (kept_count == 0) {
        return 0;
    }
    const struct kept *one = &kept[lockstep_random(random) % kept_count];
    int count = unpack_all(one->bytes, one->length, steps);
    return count < 0 ? 0 : (size_t)count;
}

static int is_steps(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".steps") == 0;
}

bool corpus_load(const char *folder, struct step *steps, bool (*use)(size_t count))
{
    char path[PATH_BYTES];
    struct dirent **entries;
    bool is_good = true;
    int count = scandir(folder, &entries, is_steps, alphasort);
    if (count < 0) {
        perror(folder);
        return false;
    }
    for (int i = 0; i < count; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        size_t length = is_good ? corpus_read(path, steps, false) : 0;
        is_good = is_good && length != 0 && use(length);
        free(entries[i]);
    }
    free((void *)entries);
    return is_good;
}

bool corpus_save(const char *folder)
{
    static struct step steps[SEQUENCE_MAX];
    char path[PATH_BYTES];
    for (size_t i = 0; i < KEPT_MAX; i++) {
        (void)snprintf(path, sizeof(path), "%s/%04zu.steps", folder, i);
        int count = i < kept_count ? unpack_all(kept[i].bytes, kept[i].length, steps) : 0;
        if (i >= kept_count && unlink(path) != 0 && errno != ENOENT) {
            perror(path);
            return false;
        }
        if (i < kept_count && (count < 0 || !corpus_write(path, steps, (size_t)count))) {
            return false;
        }
    }
    return true;
}
