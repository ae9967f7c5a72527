/* SPDX-License-Identifier: MIT
 *
 * scratch.h - for tests: a directory that comes and goes, and files in it.
 */
#ifndef RNN_TESTS_SCRATCH_H
#define RNN_TESTS_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct scratch {
    char path[256];
} scratch;

static inline void scratch_make(scratch *to) {
    const char *root = getenv("TMPDIR");
    snprintf(to->path, sizeof to->path, "%.200s/rnn-test-XXXXXX", root && *root ? root : "/tmp");
    if (!mkdtemp(to->path)) {
        perror(to->path);
        abort();
    }
}

/* "DIRECTORY/name" in a buffer of 1024 bytes; returns it. */
static inline char *scratch_name(const scratch *in, const char *name, char out[1024]) {
    snprintf(out, 1024, "%s/%s", in->path, name);
    return out;
}

static inline void scratch_remove_tree(const char *path) {
    DIR *listing = opendir(path);
    for (struct dirent *entry; listing && (entry = readdir(listing)) != NULL;) {
        char name[1024];
        struct stat found;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(name, sizeof name, "%.500s/%.300s", path, entry->d_name);
        if (lstat(name, &found) == 0 && S_ISDIR(found.st_mode))
            scratch_remove_tree(name);
        else
            unlink(name);
    }
    if (listing)
        closedir(listing);
    rmdir(path);
}

static inline void scratch_remove(const scratch *it) {
    scratch_remove_tree(it->path);
}

/* Entries of a directory other than . and .. */
static inline int scratch_count(const char *path) {
    int count = 0;
    DIR *listing = opendir(path);
    for (struct dirent *entry; listing && (entry = readdir(listing)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (listing)
        closedir(listing);
    return count;
}

static inline void scratch_write(const char *path, const void *bytes, size_t count) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) {
        perror(path);
        abort();
    }
}

/* A whole file, released with free. */
static inline unsigned char *scratch_read(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        abort();
    }
    fseek(file, 0, SEEK_END);
    *count = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*count + 1);
    if (!bytes || fread(bytes, 1, *count, file) != *count)
        abort();
    fclose(file);
    return bytes;
}

#endif
