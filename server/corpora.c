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
    int looked;
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

static int is_run(const char *path) {
    char log[4200];
    struct stat found;
    snprintf(log, sizeof log, "%.4000s/log.jsonl", path);
    return lstat(log, &found) == 0;
}

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void walk(search *to, const char *folder, const char *shown, int depth);

static void look(search *to, const char *folder, const char *shown, const char *name, int depth) {
    char path[4096], relative[4096];
    struct stat found;
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    int also = snprintf(relative, sizeof relative, "%s%s%s", shown, *shown ? "/" : "", name);
    if (length < 0 || (size_t)length >= sizeof path || also < 0 || (size_t)also >= sizeof relative)
        return;
    if (lstat(path, &found) != 0)
        return;
    if (S_ISDIR(found.st_mode) && depth < DEEPEST && !is_run(path))
        walk(to, path, relative, depth + 1);
    if (!S_ISREG(found.st_mode) || found.st_size < SMALLEST || is_no_text(name) ||
        is_binary(path, name))
        return;
    json_t *words = json_string(relative);
    if (words)
        json_array_append_new(
            to->list, json_pack("{s:o, s:I}", "path", words, "bytes", (json_int_t)found.st_size));
}

static void walk(search *to, const char *folder, const char *shown, int depth) {
    struct dirent **entries;
    int count = scandir(folder, &entries, is_shown, alphasort);
    for (int i = 0; i < count; i++) {
        if (json_array_size(to->list) < MOST && to->looked++ < LOOKED)
            look(to, folder, shown, entries[i]->d_name, depth);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

json_t *corpora_list(const char *root) {
    search to = {json_array(), 0};
    walk(&to, root, "", 0);
    return to.list;
}

int corpora_has(const char *root, const char *path) {
    json_t *list = corpora_list(root), *one;
    size_t i;
    int found = 0;
    json_array_foreach(list, i, one) {
        found |= strcmp(json_string_value(json_object_get(one, "path")), path) == 0;
    }
    json_decref(list);
    return found;
}
