/* SPDX-License-Identifier: MIT
 *
 * runs.c - see runs.h.
 */
#include "cli/runs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "model/model.h"
#include "training/checkpoint.h"

#define MOST_LISTED 8

/* Letters and digits, short, not digits alone: ".txt", ".c", ".xz", not ".1". */
static int is_extension(const char *dot) {
    size_t length = strlen(dot + 1), letters = 0;
    for (const char *c = dot + 1; *c; c++) {
        if (!isalnum((unsigned char)*c))
            return 0;
        letters += isalpha((unsigned char)*c) != 0;
    }
    return letters > 0 && length <= 6;
}

void runs_name(const char *input, char *name, size_t room) {
    char *whole = strcmp(input, "-") == 0 ? NULL : realpath(input, NULL);
    const char *path = whole ? whole : input, *slash = strrchr(path, '/');
    if (strcmp(input, "-") == 0)
        path = "stdin";
    snprintf(name, room, "%s", slash && slash[1] ? slash + 1 : path);
    free(whole);
    for (char *c = name; *c; c++)
        if (*c == '/' || iscntrl((unsigned char)*c))
            *c = '-';
    for (char *dot; (dot = strrchr(name, '.')) && dot != name && is_extension(dot);)
        *dot = '\0';
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || !*name || strcmp(name, "-") == 0)
        snprintf(name, room, "text");
}

int runs_occupied(const char *path) {
    struct stat found;
    if (stat(path, &found) != 0)
        return errno != ENOENT && errno != ENOTDIR;
    if (!S_ISDIR(found.st_mode))
        return 1;
    DIR *directory = opendir(path);
    int occupied = 0;
    if (!directory)
        return 1;
    for (struct dirent *entry; !occupied && (entry = readdir(directory));)
        occupied = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return occupied;
}

static int holds_one_of(const char *path, const char *const *files, size_t count) {
    char file[RUNS_PATH + 32];
    for (size_t i = 0; i < count; i++) {
        snprintf(file, sizeof file, "%s/%s", path, files[i]);
        if (access(file, F_OK) == 0)
            return 1;
    }
    return 0;
}

int runs_resumable(const char *path) {
    static const char *const checkpoints[] = {RNN_CHECKPOINT_FILE, RNN_CHECKPOINT_PREVIOUS};
    return holds_one_of(path, checkpoints, 2);
}

void runs_choose(const char *name, char *path, size_t room) {
    snprintf(path, room, "runs/%s", name);
    for (int i = 2; runs_occupied(path) && i < 1000000; i++)
        snprintf(path, room, "runs/%s-%d", name, i);
}

static int is_run(const char *path) {
    static const char *const models[] = {RNN_MODEL_BEST, RNN_MODEL_LAST};
    return holds_one_of(path, models, 2);
}

static int is_shown(const struct dirent *entry) {
    char path[RUNS_PATH];
    snprintf(path, sizeof path, "runs/%s", entry->d_name);
    return entry->d_name[0] != '.' && is_run(path);
}

static void list_runs(char *out, size_t room) {
    struct dirent **entries;
    int count = scandir("runs", &entries, is_shown, alphasort);
    size_t used = 0;
    *out = '\0';
    for (int i = 0; i < count; i++) {
        if (i < MOST_LISTED && used < room)
            used += (size_t)snprintf(out + used, room - used, "%sruns/%s", i ? ", " : "",
                                     entries[i]->d_name);
        free(entries[i]);
    }
    if (count > MOST_LISTED && used < room)
        snprintf(out + used, room - used, " and %d more", count - MOST_LISTED);
    if (count >= 0)
        free(entries);
}

rnn_status runs_locate(const char *argument, char *path, size_t room, rnn_error *error) {
    char listed[600];
    snprintf(path, room, "%s", argument);
    if (access(path, F_OK) == 0)
        return RNN_OK;
    if (!strchr(argument, '/')) {
        snprintf(path, room, "runs/%s", argument);
        if (is_run(path))
            return RNN_OK;
    }
    list_runs(listed, sizeof listed);
    if (listed[0])
        return rnn_fail(error, RNN_ERR_IO,
                        "'%.200s' is neither a file nor a run's directory; there are %s", argument,
                        listed);
    return rnn_fail(error, RNN_ERR_IO,
                    "'%.200s' is neither a file nor a run's directory; 'rnn train FILE' makes one "
                    "under runs/",
                    argument);
}

void runs_quote(const char *path, char *out, size_t room) {
    size_t used = 0;
    if (*path && strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                              "/._-+,:@%") == strlen(path)) {
        snprintf(out, room, "%s", path);
        return;
    }
    if (room < 8)
        return;
    out[used++] = '\'';
    for (; *path && used + 6 < room; path++) {
        if (*path == '\'')
            used += (size_t)sprintf(out + used, "'\\''");
        else
            out[used++] = *path;
    }
    out[used++] = '\'';
    out[used] = '\0';
}
