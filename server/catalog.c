/* SPDX-License-Identifier: MIT
 *
 * catalog.c - see catalog.h.
 */
#include "server/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/memory.h"
#include "model/model.h"

#define LOG_NAME "log.jsonl"

typedef struct entry {
    char name[CATALOG_NAME], path[CATALOG_PATH];
    long long when;
    int has_model;
} entry;

static long long time_of(const char *directory, const char *name) {
    char path[CATALOG_PATH + 64];
    struct stat found;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return stat(path, &found) == 0 && S_ISREG(found.st_mode) ? (long long)found.st_mtime : 0;
}

/* A run's directory has a model, or at least a log. */
static int look(entry *at) {
    long long best = time_of(at->path, RNN_MODEL_BEST), last = time_of(at->path, RNN_MODEL_LAST);
    long long log = time_of(at->path, LOG_NAME);
    at->has_model = best != 0 || last != 0;
    at->when = best > last ? best : last;
    at->when = log > at->when ? log : at->when;
    return at->when != 0;
}

/* Names that begin with a dot are hidden; those that are no UTF-8 cannot be told. */
static int is_nameable(const char *name) {
    json_t *text = name[0] != '.' && strlen(name) < CATALOG_NAME ? json_string(name) : NULL;
    json_decref(text);
    return text != NULL;
}

static void take_name(catalog *to, const char *path) {
    char *whole = realpath(path, NULL);
    const char *slash = strrchr(whole ? whole : path, '/');
    snprintf(to->name, sizeof to->name, "%s", slash ? slash + 1 : path);
    free(whole);
    char *dot = strrchr(to->name, '.');
    if (dot && dot != to->name && strcmp(dot, ".safetensors") == 0)
        *dot = '\0';
    if (!is_nameable(to->name))
        snprintf(to->name, sizeof to->name, "model");
}

rnn_status catalog_open(catalog *out, const char *argument, rnn_error *error) {
    entry at = {.when = 0};
    memset(out, 0, sizeof *out);
    if (strlen(argument) >= CATALOG_PATH - CATALOG_NAME - 2)
        return rnn_fail(error, RNN_ERR_RANGE, "the path '%.100s...' is too long", argument);
    snprintf(out->folder, sizeof out->folder, "%s", argument);
    snprintf(at.path, sizeof at.path, "%s", argument);
    if (!rnn_files_exists(argument)) {
        const char *end = strrchr(argument, '.');
        if (end && strcmp(end, ".safetensors") == 0)
            return rnn_fail(error, RNN_ERR_IO, "%s: there is no such file", argument);
        return RNN_OK;
    }
    if (rnn_files_is_directory(argument) && !look(&at))
        return RNN_OK;
    if (!rnn_files_is_directory(argument)) {
        char path[CATALOG_PATH];
        rnn_status status = rnn_model_locate(argument, path, sizeof path, error);
        if (status != RNN_OK)
            return status;
    }
    snprintf(out->single, sizeof out->single, "%s", argument);
    take_name(out, argument);
    return RNN_OK;
}

static int by_time(const void *a, const void *b) {
    const entry *x = a, *y = b;
    return x->when != y->when ? (x->when < y->when) - (x->when > y->when)
                              : strcmp(x->name, y->name);
}

static size_t collect(const catalog *from, entry **out) {
    size_t count = 0, room = 0;
    void *entries = NULL;
    DIR *folder = opendir(from->folder);
    for (struct dirent *next; folder && count < CATALOG_MOST && (next = readdir(folder));) {
        if (!is_nameable(next->d_name) || !rnn_grow(&entries, &room, count + 1, sizeof(entry)))
            continue;
        entry *at = (entry *)entries + count;
        snprintf(at->name, sizeof at->name, "%.255s", next->d_name);
        snprintf(at->path, sizeof at->path, "%.3800s/%.255s", from->folder, next->d_name);
        count += (size_t)look(at);
    }
    if (folder)
        closedir(folder);
    *out = entries;
    if (count > 0)
        qsort(entries, count, sizeof(entry), by_time);
    return count;
}

static int look_at_single(const catalog *from, entry *at) {
    struct stat found;
    snprintf(at->name, sizeof at->name, "%s", from->name);
    snprintf(at->path, sizeof at->path, "%s", from->single);
    if (rnn_files_is_directory(from->single))
        return look(at);
    at->has_model = stat(from->single, &found) == 0;
    at->when = at->has_model ? (long long)found.st_mtime : 0;
    return at->has_model;
}

void catalog_walk(const catalog *from, catalog_visitor visit, void *context) {
    entry *entries, one;
    if (from->single[0]) {
        if (look_at_single(from, &one))
            visit(context, one.name, one.path, one.when, one.has_model);
        return;
    }
    size_t count = collect(from, &entries);
    for (size_t i = 0; i < count; i++)
        visit(context, entries[i].name, entries[i].path, entries[i].when, entries[i].has_model);
    rnn_free(entries);
}

typedef struct search {
    const char *name;
    char *path;
    int found;
} search;

static void compare(void *context, const char *name, const char *path, long long when,
                    int has_model) {
    search *for_ = context;
    (void)when;
    (void)has_model;
    if (!for_->found && strcmp(name, for_->name) == 0) {
        snprintf(for_->path, CATALOG_PATH, "%s", path);
        for_->found = 1;
    }
}

int catalog_find(const catalog *from, const char *name, char path[CATALOG_PATH]) {
    search wanted = {name, path, 0};
    catalog_walk(from, compare, &wanted);
    return wanted.found;
}
