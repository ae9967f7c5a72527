/* SPDX-License-Identifier: MIT
 *
 * caches.c - see caches.h.
 */
#include "bench/caches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "/sys/devices/system/cpu/cpu0/cache/index"
#define MOST   8 /* caches of one core that are looked at */

/* The first line of FOLDER<index>/<name>; 0 if there is none. */
static int read_line(int index, const char *name, char *line, size_t room) {
    char path[128];
    snprintf(path, sizeof path, FOLDER "%d/%s", index, name);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    int found = fgets(line, (int)room, file) != NULL;
    fclose(file);
    return found;
}

/* "1024K" */
static size_t read_size(const char *text) {
    char *unit;
    size_t size = strtoull(text, &unit, 10);
    return *unit == 'K' ? size << 10 : *unit == 'M' ? size << 20 : size;
}

/* Cores in a list such as "0-3,8". */
static size_t count_cores(const char *list) {
    size_t count = 0;
    while (*list >= '0' && *list <= '9') {
        char *end;
        unsigned long first = strtoul(list, &end, 10), last = first;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        count += last >= first ? last - first + 1 : 1;
        list = *end == ',' ? end + 1 : end;
    }
    return count > 0 ? count : 1;
}

static int ask_system(rnn_caches *out) {
    char level[32], kind[32], size[32], list[256];
    for (int i = 0; i < MOST; i++) {
        if (!read_line(i, "level", level, sizeof level) || !read_line(i, "type", kind, sizeof kind))
            break;
        if (strncmp(kind, "Instruction", 11) == 0 || !read_line(i, "size", size, sizeof size))
            continue;
        if (level[0] == '2')
            out->l2 = read_size(size);
        if (level[0] == '3') {
            out->l3 = read_size(size);
            if (read_line(i, "shared_cpu_list", list, sizeof list))
                out->l3_shared = count_cores(list);
        }
    }
    return out->l2 > 0;
}

static void ask_library(rnn_caches *out) {
    long l2 = 0, l3 = 0;
#if defined(_SC_LEVEL2_CACHE_SIZE)
    l2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
    l3 = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
    out->l2 = l2 > 0 ? (size_t)l2 : (size_t)512 << 10;
    out->l3 = l3 > 0 ? (size_t)l3 : (size_t)8 << 20;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    out->l3_shared = cores > 0 ? (size_t)cores : 1;
}

rnn_caches rnn_caches_find(void) {
    rnn_caches caches = {0, 0, 1};
    if (!ask_system(&caches))
        ask_library(&caches);
    return caches;
}

size_t rnn_caches_third(const rnn_caches *caches, size_t cores) {
    return caches->l3 / (cores < caches->l3_shared ? cores : caches->l3_shared);
}

size_t rnn_caches_share(const rnn_caches *caches, size_t cores) {
    size_t room = rnn_caches_third(caches, cores), least = 2 * caches->l2;
    size_t share = room / 2 > least ? room / 2 : least, most = room / 4 * 3;
    share = share < most ? share : most;
    return share > caches->l2 + caches->l2 / 4 ? share : 0;
}
