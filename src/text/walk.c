/* SPDX-License-Identifier: MIT
 *
 * walk.c - see walk.h.
 */
#include "text/walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

/* One directory on the way down. Names of directories end in a slash: sorted so,
 * whole paths come out in byte order ("a.c" before "a/b.c"). */
typedef struct level {
    char *text;         /* all names, each with a NUL */
    const char **names; /* [count], sorted, into text */
    size_t count, next;
    size_t path_length; /* of the path up to here, with its slash */
} level;

struct rnn_walk {
    level *levels;
    size_t depth, capacity;
    char *path;
    size_t path_capacity;
};

static rnn_status out_of_memory(rnn_error *error) {
    return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for listing files");
}

/* path = its first `length` bytes and name. */
static int set_path(rnn_walk *walk, size_t length, const char *name) {
    size_t more = strlen(name);
    if (!rnn_grow((void **)&walk->path, &walk->path_capacity, length + more + 1, 1))
        return 0;
    memcpy(walk->path + length, name, more + 1);
    return 1;
}

static int by_name(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

typedef enum entry_kind { ENTRY_OTHER, ENTRY_FILE, ENTRY_DIRECTORY } entry_kind;

/* What the file at walk->path is. */
static entry_kind ask_kind(const rnn_walk *walk) {
    struct stat about;
    if (lstat(walk->path, &about) != 0)
        return ENTRY_OTHER; /* gone since it was listed */
    return S_ISREG(about.st_mode)   ? ENTRY_FILE
           : S_ISDIR(about.st_mode) ? ENTRY_DIRECTORY
                                    : ENTRY_OTHER;
}

/* Reads the names of an open directory into a level. */
static rnn_status read_names(rnn_walk *walk, level *into, DIR *directory, rnn_error *error) {
    size_t used = 0, capacity = 0;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (!set_path(walk, into->path_length, entry->d_name))
            return out_of_memory(error);
        entry_kind kind = ask_kind(walk);
        if (kind == ENTRY_OTHER)
            continue;
        size_t length = strlen(entry->d_name);
        if (!rnn_grow((void **)&into->text, &capacity, used + length + 2, 1))
            return out_of_memory(error);
        memcpy(into->text + used, entry->d_name, length);
        used += length;
        if (kind == ENTRY_DIRECTORY)
            into->text[used++] = '/';
        into->text[used++] = 0;
        into->count++;
    }
    walk->path[into->path_length] = 0;
    if (errno != 0)
        return rnn_fail(error, RNN_ERR_IO, "%s: cannot be listed: %s", walk->path, strerror(errno));
    into->names = rnn_allocate(into->count, sizeof *into->names);
    if (!into->names)
        return out_of_memory(error);
    const char *name = into->text;
    for (size_t i = 0; i < into->count; i++, name += strlen(name) + 1)
        into->names[i] = name;
    if (into->count > 0)
        qsort(into->names, into->count, sizeof *into->names, by_name);
    return RNN_OK;
}

/* Goes down into the directory at walk->path, which ends in a slash. */
static rnn_status descend(rnn_walk *walk, rnn_error *error) {
    if (!rnn_grow((void **)&walk->levels, &walk->capacity, walk->depth + 1, sizeof *walk->levels))
        return out_of_memory(error);
    DIR *directory = opendir(walk->path);
    if (!directory)
        return rnn_fail(error, RNN_ERR_IO, "%s: cannot be listed: %s", walk->path, strerror(errno));
    level *into = &walk->levels[walk->depth++];
    memset(into, 0, sizeof *into);
    into->path_length = strlen(walk->path);
    rnn_status status = read_names(walk, into, directory, error);
    closedir(directory);
    return status;
}

/* Whether the directory at walk->path, which ends in a slash, is that of a run. */
static rnn_status ask_run(rnn_walk *walk, int *is_run, rnn_error *error) {
    size_t length = strlen(walk->path);
    if (!set_path(walk, length, RNN_RUN_MARK))
        return out_of_memory(error);
    *is_run = ask_kind(walk) == ENTRY_FILE;
    walk->path[length] = 0;
    return RNN_OK;
}

static void ascend(rnn_walk *walk) {
    level *from = &walk->levels[--walk->depth];
    rnn_free(from->names);
    rnn_free(from->text);
}

rnn_status rnn_walk_open(rnn_walk **out, const char *directory, rnn_error *error) {
    rnn_status status = RNN_ERR_MEMORY;
    *out = NULL;
    rnn_walk *walk = rnn_allocate(1, sizeof *walk);
    if (!walk)
        goto fail;
    size_t length = strlen(directory);
    if (!set_path(walk, 0, directory))
        goto fail;
    while (length > 1 && directory[length - 1] == '/')
        length--;
    if (!(length == 1 && *directory == '/') && !set_path(walk, length++, "/"))
        goto fail;
    status = descend(walk, error);
    if (status != RNN_OK)
        goto fail;
    *out = walk;
    return RNN_OK;
fail:
    rnn_walk_close(walk);
    return status == RNN_ERR_MEMORY ? out_of_memory(error) : status;
}

void rnn_walk_close(rnn_walk *walk) {
    if (!walk)
        return;
    while (walk->depth > 0)
        ascend(walk);
    rnn_free(walk->levels);
    rnn_free(walk->path);
    rnn_free(walk);
}

rnn_status rnn_walk_next(rnn_walk *walk, const char **path, rnn_error *error) {
    *path = NULL;
    while (walk->depth > 0) {
        level *here = &walk->levels[walk->depth - 1];
        if (here->next == here->count) {
            ascend(walk);
            continue;
        }
        const char *name = here->names[here->next++];
        if (!set_path(walk, here->path_length, name))
            return out_of_memory(error);
        if (name[strlen(name) - 1] != '/') {
            *path = walk->path;
            return RNN_OK;
        }
        int is_run = 0;
        rnn_status status = ask_run(walk, &is_run, error);
        if (status == RNN_OK && !is_run)
            status = descend(walk, error);
        if (status != RNN_OK)
            return status;
    }
    return RNN_OK;
}
