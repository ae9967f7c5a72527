/* SPDX-License-Identifier: MIT
 *
 * lines.c - see lines.h.
 */
#include "text/lines.h"

#include <stdint.h>
#include <string.h>
#include <xxhash.h>

#include "base/memory.h"

struct rnn_line_set {
    uint64_t *slots; /* [room], 0: free; open addressing */
    size_t room;     /* a power of two */
    size_t count;
};

/* ------------------------------------------------------------------- reading */

/* Moves behind the next newline, or to the end. Returns the bytes before it. */
static size_t pass_line(rnn_lines *text, int *newline) {
    const char *at = text->count > 0 ? memchr(text->bytes, '\n', text->count) : NULL;
    size_t before = at ? (size_t)(at - text->bytes) : text->count, passed = before + (at != NULL);
    text->bytes += passed;
    text->count -= passed;
    *newline = at != NULL;
    return before;
}

int rnn_lines_next(rnn_lines *text, rnn_line *out) {
    int newline;
    if (!text->begins)
        pass_line(text, &newline);
    text->begins = 1;
    while (text->count > 0) {
        const char *line = text->bytes;
        size_t count = pass_line(text, &newline);
        int carriage = count > 0 && line[count - 1] == '\r';
        count -= (size_t)carriage;
        if (count == 0 || (!newline && !text->ends))
            continue;
        *out = (rnn_line){line, count, carriage};
        return 1;
    }
    return 0;
}

int rnn_line_compare(const rnn_line *a, const rnn_line *b) {
    int order = memcmp(a->bytes, b->bytes, a->count < b->count ? a->count : b->count);
    return order ? order : (a->count > b->count) - (a->count < b->count);
}

/* ---------------------------------------------------------------------- sets */

static uint64_t hash_of(const char *line, size_t count) {
    uint64_t hash = XXH3_64bits(line, count);
    return hash ? hash : 1;
}

static size_t place_of(const rnn_line_set *set, uint64_t hash) {
    size_t place = (size_t)hash & (set->room - 1);
    while (set->slots[place] && set->slots[place] != hash)
        place = (place + 1) & (set->room - 1);
    return place;
}

static int make_room(rnn_line_set *set) {
    if (4 * set->count < 3 * set->room)
        return 1;
    rnn_line_set larger = {NULL, set->room ? 2 * set->room : 1024, set->count};
    larger.slots = rnn_allocate(larger.room, sizeof *larger.slots);
    if (!larger.slots)
        return 0;
    for (size_t i = 0; i < set->room; i++)
        if (set->slots[i])
            larger.slots[place_of(&larger, set->slots[i])] = set->slots[i];
    rnn_free(set->slots);
    *set = larger;
    return 1;
}

rnn_status rnn_line_set_create(rnn_line_set **out, rnn_error *error) {
    rnn_line_set *set = rnn_allocate(1, sizeof *set);
    *out = NULL;
    if (!set || !make_room(set)) {
        rnn_line_set_destroy(set);
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for a set of lines");
    }
    *out = set;
    return RNN_OK;
}

void rnn_line_set_destroy(rnn_line_set *set) {
    if (set)
        rnn_free(set->slots);
    rnn_free(set);
}

int rnn_line_set_add(rnn_line_set *set, const char *line, size_t count) {
    if (!make_room(set))
        return 0;
    uint64_t hash = hash_of(line, count);
    size_t place = place_of(set, hash);
    set->count += set->slots[place] == 0;
    set->slots[place] = hash;
    return 1;
}

int rnn_line_set_has(const rnn_line_set *set, const char *line, size_t count) {
    return set->slots[place_of(set, hash_of(line, count))] != 0;
}

size_t rnn_line_set_count(const rnn_line_set *set) {
    return set->count;
}
