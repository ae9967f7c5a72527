/* SPDX-License-Identifier: MIT
 *
 * known_lines.c - see known_lines.h.
 */
#include "cli/known_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <xxhash.h>

#include "base/memory.h"
#include "base/status.h"

struct known_lines {
    uint64_t *slots; /* [room], 0: free; open addressing */
    size_t room;     /* a power of two */
    size_t count;
};

static uint64_t hash_of(const char *line, size_t bytes) {
    static const char blanks[] = " \t\r\n\v\f";
    while (bytes > 0 && memchr(blanks, line[bytes - 1], sizeof blanks - 1))
        bytes--;
    while (bytes > 0 && memchr(blanks, *line, sizeof blanks - 1)) {
        line++;
        bytes--;
    }
    uint64_t hash = XXH3_64bits(line, bytes);
    return hash ? hash : 1;
}

static size_t place_of(const known_lines *lines, uint64_t hash) {
    size_t place = (size_t)hash & (lines->room - 1);
    while (lines->slots[place] && lines->slots[place] != hash)
        place = (place + 1) & (lines->room - 1);
    return place;
}

static int make_room(known_lines *lines) {
    if (lines->room > 2 * lines->count)
        return 1;
    known_lines larger = {NULL, lines->room ? 2 * lines->room : 1024, lines->count};
    larger.slots = rnn_allocate(larger.room, sizeof *larger.slots);
    if (!larger.slots)
        return 0;
    for (size_t i = 0; i < lines->room; i++)
        if (lines->slots[i])
            larger.slots[place_of(&larger, lines->slots[i])] = lines->slots[i];
    rnn_free(lines->slots);
    *lines = larger;
    return 1;
}

rnn_status known_lines_create(known_lines **out, rnn_error *error) {
    known_lines *lines = rnn_allocate(1, sizeof *lines);
    *out = NULL;
    if (!lines || !make_room(lines)) {
        known_lines_destroy(lines);
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    }
    *out = lines;
    return RNN_OK;
}

int known_lines_add(known_lines *lines, const char *line, size_t bytes) {
    if (!make_room(lines))
        return 0;
    uint64_t hash = hash_of(line, bytes);
    size_t place = place_of(lines, hash);
    lines->count += lines->slots[place] == 0;
    lines->slots[place] = hash;
    return 1;
}

rnn_status known_lines_load(known_lines **out, const char *path, rnn_error *error) {
    rnn_status status = RNN_OK;
    char *line = NULL;
    size_t capacity = 0;
    known_lines *lines = NULL;
    FILE *file = fopen(path, "rb");
    *out = NULL;
    if (!file) {
        status = rnn_fail(error, RNN_ERR_IO, "%s: %s", path, strerror(errno));
        goto done;
    }
    status = known_lines_create(&lines, error);
    if (status != RNN_OK)
        goto done;
    errno = 0;
    for (ssize_t length; (length = getline(&line, &capacity, file)) >= 0;) {
        if (!known_lines_add(lines, line, (size_t)length)) {
            status = rnn_fail(error, RNN_ERR_MEMORY, "%s: out of memory", path);
            goto done;
        }
    }
    if (ferror(file) || errno == ENOMEM)
        status = rnn_fail(error, RNN_ERR_IO, "%s: %s", path, strerror(errno));
done:
    free(line);
    if (file)
        fclose(file);
    if (status == RNN_OK)
        *out = lines;
    else
        known_lines_destroy(lines);
    return status;
}

void known_lines_destroy(known_lines *lines) {
    if (lines)
        rnn_free(lines->slots);
    rnn_free(lines);
}

size_t known_lines_count(const known_lines *lines) {
    return lines->count;
}

int known_lines_has(const known_lines *lines, const char *line, size_t bytes) {
    return lines->slots[place_of(lines, hash_of(line, bytes))] != 0;
}
