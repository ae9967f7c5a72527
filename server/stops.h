/* SPDX-License-Identifier: MIT
 *
 * stops.h - lets text through until a stop string appears in it; what may be the
 * beginning of one is held back.
 */
#ifndef SERVER_STOPS_H
#define SERVER_STOPS_H

#include <stddef.h>

#define STOPS_MOST   4
#define STOPS_LENGTH 256 /* bytes of one */

typedef struct stops {
    size_t count, lengths[STOPS_MOST];
    const char *texts[STOPS_MOST]; /* borrowed; none is empty, none longer than STOPS_LENGTH */
} stops;

/* Text on its way, one for each that is written; zero-initialise. */
typedef struct stops_tail {
    char held[STOPS_LENGTH];
    size_t count;
} stops_tail;

/* One byte more: writes what may go out to out, which has room for STOPS_LENGTH bytes, and
 * its length to *bytes. 1 if a stop string is complete: what was held is dropped then. */
int stops_push(const stops *at, stops_tail *tail, char byte, char *out, size_t *bytes);

#endif
