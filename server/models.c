/* SPDX-License-Identifier: MIT
 *
 * models.c - see models.h.
 */
#include "server/models.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "model/model.h"

#define KEPT 4 /* models that nobody uses now */

struct models_entry {
    models_entry *next;
    char name[CATALOG_NAME], file[CATALOG_PATH];
    struct stat seen; /* of the file, when it was loaded */
    int users, loading;
    unsigned long used; /* when, in the order of uses */
    rnn_model *model;   /* NULL while loading, and if that failed */
    rnn_error error;
};

struct models {
    const catalog *from;
    pthread_mutex_t mutex;
    pthread_cond_t loaded;
    models_entry *first;
    unsigned long clock;
};

rnn_status models_create(models **out, const catalog *from, rnn_error *error) {
    models *all = rnn_allocate(1, sizeof *all);
    *out = all;
    if (!all)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the server");
    all->from = from;
    pthread_mutex_init(&all->mutex, NULL);
    pthread_cond_init(&all->loaded, NULL);
    return RNN_OK;
}

static void destroy_entry(models_entry *entry) {
    rnn_model_destroy(entry->model);
    rnn_free(entry);
}

void models_destroy(models *all) {
    if (!all)
        return;
    for (models_entry *entry = all->first, *next; entry; entry = next) {
        next = entry->next;
        destroy_entry(entry);
    }
    pthread_cond_destroy(&all->loaded);
    pthread_mutex_destroy(&all->mutex);
    rnn_free(all);
}

static int is_same_file(const struct stat *a, const struct stat *b) {
    return a->st_mtime == b->st_mtime && a->st_size == b->st_size && a->st_ino == b->st_ino &&
           a->st_dev == b->st_dev;
}

/* Drops the idle entries that were not used for longest, and those that failed. */
static void thin_out(models *all) {
    for (;;) {
        models_entry **oldest = NULL;
        int idle = 0, failed = 0;
        for (models_entry **at = &all->first; *at; at = &(*at)->next) {
            if ((*at)->users > 0)
                continue;
            idle++;
            if (!(*at)->model && !failed) {
                failed = 1;
                oldest = at;
            }
            if (!failed && (!oldest || (*at)->used < (*oldest)->used))
                oldest = at;
        }
        if (!failed && idle <= KEPT)
            return;
        models_entry *gone = *oldest;
        *oldest = gone->next;
        destroy_entry(gone);
    }
}

static models_entry *find(models *all, const char *file, const struct stat *now) {
    for (models_entry *at = all->first; at; at = at->next)
        if (strcmp(at->file, file) == 0 && is_same_file(&at->seen, now))
            return at;
    return NULL;
}

/* Loads without holding the lock: others go on with theirs. */
static models_entry *load(models *all, const char *name, const char *file, const struct stat *now) {
    models_entry *entry = rnn_allocate(1, sizeof *entry);
    if (!entry)
        return NULL;
    snprintf(entry->name, sizeof entry->name, "%s", name);
    snprintf(entry->file, sizeof entry->file, "%s", file);
    entry->seen = *now;
    entry->users = 1;
    entry->loading = 1;
    entry->next = all->first;
    all->first = entry;
    pthread_mutex_unlock(&all->mutex);
    rnn_model *model = NULL;
    rnn_error error = {RNN_OK, ""};
    rnn_model_load(&model, file, &error);
    pthread_mutex_lock(&all->mutex);
    entry->model = model;
    entry->error = error;
    entry->loading = 0;
    entry->users--;
    pthread_cond_broadcast(&all->loaded);
    return entry;
}

typedef struct latest {
    char name[CATALOG_NAME];
} latest;

static void take_latest(void *context, const char *name, const char *path, long long when,
                        int has_model) {
    latest *to = context;
    (void)path;
    (void)when;
    if (has_model && !to->name[0])
        snprintf(to->name, sizeof to->name, "%s", name);
}

static rnn_status locate(const models *all, const char *name, latest *found,
                         char file[CATALOG_PATH], struct stat *now, rnn_error *error) {
    char path[CATALOG_PATH];
    found->name[0] = '\0';
    if (name && *name)
        snprintf(found->name, sizeof found->name, "%s", name);
    else
        catalog_walk(all->from, take_latest, found);
    if (!found->name[0] || (name && strlen(name) >= CATALOG_NAME))
        return rnn_fail(error, RNN_ERR_RANGE, "there is no model yet: train one");
    if (!catalog_find(all->from, found->name, path))
        return rnn_fail(error, RNN_ERR_RANGE,
                        "there is no model '%.200s'; GET /v1/models lists "
                        "those that there are",
                        found->name);
    rnn_status status = rnn_model_locate(path, file, CATALOG_PATH, error);
    if (status == RNN_OK && stat(file, now) != 0)
        status = rnn_fail(error, RNN_ERR_IO, "%s has gone away", file);
    return status;
}

rnn_status models_acquire(models *all, const char *name, models_entry **out, rnn_error *error) {
    char file[CATALOG_PATH];
    struct stat now;
    latest found;
    *out = NULL;
    rnn_status status = locate(all, name, &found, file, &now, error);
    if (status != RNN_OK)
        return status;
    pthread_mutex_lock(&all->mutex);
    models_entry *entry = find(all, file, &now);
    if (!entry)
        entry = load(all, found.name, file, &now);
    if (!entry) {
        pthread_mutex_unlock(&all->mutex);
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for a model");
    }
    entry->users++;
    while (entry->loading)
        pthread_cond_wait(&all->loaded, &all->mutex);
    entry->used = ++all->clock;
    if (!entry->model) {
        status = entry->error.code;
        if (error)
            *error = entry->error;
        entry->users--;
        entry = NULL;
    }
    thin_out(all);
    pthread_mutex_unlock(&all->mutex);
    *out = entry;
    return status;
}

void models_release(models *all, models_entry *entry) {
    if (!entry)
        return;
    pthread_mutex_lock(&all->mutex);
    entry->users--;
    thin_out(all);
    pthread_mutex_unlock(&all->mutex);
}

const rnn_model *models_model(const models_entry *entry) {
    return entry->model;
}

const char *models_name(const models_entry *entry) {
    return entry->name;
}
