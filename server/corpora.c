/* SPDX-License-Identifier: MIT
 *
 * corpora.c - see corpora.h.
 */
#include "server/corpora.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST     500
#define LOOKED   20000 /* entries that are looked at */
#define DEEPEST  4
#define SMALLEST 1000 /* bytes */

typedef struct search {
    json_t *list;
    const char *wanted; /* the only path that is looked for, or NULL */
    int folders;        /* it may be a folder's */
    int looked, more;
} search;

static int ends_with(const char *name, const char *end) {
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcasecmp(name + length - tail, end) == 0;
}

/* What `rnn train` would read, but nobody would mean. */
static int is_no_text(const char *name) {
    static const char *const ends[] = {".safetensors", ".jsonl", ".o",   ".a",   ".so",  ".png",
                                       ".jpg",         ".jpeg",  ".gif", ".pdf", ".mp3", ".mp4",
                                       ".wav",         ".pt",    ".pyc", ".bin", ".exe"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(name, ends[i]))
            return 1;
    return 0;
}

/* Bytes that no text has, in a file that is not packed. */
static int is_binary(const char *path, const char *name) {
    static const char *const packed[] = {".gz",  ".xz", ".bz2", ".zst", ".lz4",
                                         ".zip", ".7z", ".tar", ".tgz", ".txz"};
    char head[512];
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        if (ends_with(name, packed[i]))
            return 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    ssize_t got = file < 0 ? -1 : read(file, head, sizeof head);
    if (file >= 0)
        close(file);
    return got < 0 || memchr(head, 0, (size_t)got) != NULL;
}

/* A training run, or a folder of what programs have made. */
static int holds_no_texts(const char *path) {
    static const char *const marks[] = {"log.jsonl", "CMakeCache.txt", "CACHEDIR.TAG"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        char mark[4200];
        struct stat found;
        snprintf(mark, sizeof mark, "%.4000s/%s", path, marks[i]);
        if (lstat(mark, &found) == 0)
            return 1;
    }
    return 0;
}

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* Whether the path that is looked for is this one, or lies below it. */
static int leads_there(const search *to, const char *path) {
    size_t length = strlen(path);
    return !to->wanted || (strncmp(to->wanted, path, length) == 0 &&
                           (to->wanted[length] == '\0' || to->wanted[length] == '/'));
}

static void add(search *to, const char *path, off_t bytes) {
    if (json_array_size(to->list) == MOST) {
        to->more = 1;
        return;
    }
    json_t *words = json_string(path);
    if (words)
        json_array_append_new(to->list,
                              json_pack("{s:o, s:I}", "path", words, "bytes", (json_int_t)bytes));
}

static void walk(search *to, const char *folder, const char *shown, int depth);

/* At a file, or into a folder. */
static void look(search *to, const char *folder, const char *shown, const char *name, int depth,
                 int into) {
    char path[4096], relative[4096];
    struct stat found;
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    int also = snprintf(relative, sizeof relative, "%s%s%s", shown, *shown ? "/" : "", name);
    if (length < 0 || (size_t)length >= sizeof path || also < 0 || (size_t)also >= sizeof relative)
        return;
    if (!leads_there(to, relative) || to->looked >= LOOKED || lstat(path, &found) != 0)
        return;
    to->looked += !into;
    if (into && S_ISDIR(found.st_mode) && depth < DEEPEST && !holds_no_texts(path)) {
        if (to->folders && strcmp(to->wanted, relative) == 0)
            add(to, relative, 0);
        else
            walk(to, path, relative, depth + 1);
    }
    if (!into && S_ISREG(found.st_mode) && found.st_size >= SMALLEST && !is_no_text(name) &&
        !is_binary(path, name))
        add(to, relative, found.st_size);
}

static void walk(search *to, const char *folder, const char *shown, int depth) {
    struct dirent **entries;
    int count = scandir(folder, &entries, is_shown, alphasort);
    for (int into = 0; into < 2; into++)
        for (int i = 0; i < count && !to->more; i++)
            look(to, folder, shown, entries[i]->d_name, depth, into);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    if (count >= 0)
        free(entries);
}

json_t *corpora_list(const char *root, int *more) {
    search to = {.list = json_array()};
    walk(&to, root, "", 0);
    *more = to.more;
    return to.list;
}

/* By the same walk, so that no path is ever made of what was asked for. */
static int find(const char *root, const char *path, int folders) {
    search to = {.list = json_array(), .wanted = path, .folders = folders};
    walk(&to, root, "", 0);
    int found = json_array_size(to.list) == 1;
    json_decref(to.list);
    return found;
}

int corpora_has(const char *root, const char *path) {
    return find(root, path, 0);
}

int corpora_holds(const char *root, const char *path) {
    return find(root, path, 1);
}
