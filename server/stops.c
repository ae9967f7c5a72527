/* SPDX-License-Identifier: MIT
 *
 * stops.c - see stops.h.
 */
#include "server/stops.h"

#include <string.h>

/* 1 if the held text from `from` on is the beginning of a stop string, or all of it. */
static int begins_one(const stops *at, const stops_tail *tail, size_t from, int *complete) {
    size_t length = tail->count - from;
    int begins = 0;
    for (size_t i = 0; i < at->count; i++) {
        if (at->lengths[i] < length || memcmp(tail->held + from, at->texts[i], length) != 0)
            continue;
        begins = 1;
        *complete |= at->lengths[i] == length;
    }
    return begins;
}

int stops_push(const stops *at, stops_tail *tail, char byte, char *out, size_t *bytes) {
    size_t from = 0;
    int complete = 0;
    tail->held[tail->count++] = byte;
    while (from < tail->count && !complete && !begins_one(at, tail, from, &complete))
        from++;
    /* A shorter one may end within what still begins a longer one. */
    for (size_t end = from; !complete && end < tail->count; end++)
        for (size_t i = 0; i < at->count; i++)
            if (tail->count - end == at->lengths[i] &&
                memcmp(tail->held + end, at->texts[i], at->lengths[i]) == 0) {
                complete = 1;
                from = end;
            }
    memcpy(out, tail->held, from);
    *bytes = from;
    memmove(tail->held, tail->held + from, tail->count - from);
    tail->count -= from;
    if (complete)
        tail->count = 0;
    return complete;
}
