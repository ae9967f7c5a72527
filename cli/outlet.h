/* SPDX-License-Identifier: MIT
 *
 * outlet.h - the way of one drawn text from symbols to the reader.
 *
 *   symbols -> whole UTF-8 -> length, stop string -> only new lines -> file or memory
 */
#ifndef CLI_OUTLET_H
#define CLI_OUTLET_H

#include <stdio.h>

#include "cli/known_lines.h"
#include "rnn.h"

/* A text that ends a sample when it has been drawn; it is not let through.
 * Matching keeps no text: what is held back is always a beginning of it. */
typedef struct stop_string {
    const char *text; /* borrowed */
    size_t length;    /* 0: never stops */
    size_t *shorter;  /* [length]: Knuth, Morris, Pratt's failure function */
} stop_string;

rnn_status stop_string_create(stop_string *out, const char *text, rnn_error *error);
void stop_string_destroy(stop_string *stop);

typedef enum outlet_end {
    OUTLET_OPEN = 0,
    OUTLET_LENGTH,
    OUTLET_STOPPED,
    OUTLET_FAILED, /* memory was short, or the file takes no more */
} outlet_end;

typedef struct outlet {
    const rnn_model *model;
    const stop_string *stop;
    const rnn_line_set *known; /* NULL: all lines pass */
    int64_t limit;             /* characters; 0: none */
    FILE *file;                /* NULL: into `text` */
    int keep;                  /* 1: into `text` as well as the file; set after outlet_open */

    outlet_end end;
    int fault;              /* the errno of the write that failed */
    int64_t characters;     /* drawn so far */
    uint64_t kept, dropped; /* lines, with `known` */
    char last;              /* the last byte that was let through, '\n' before any */
    rnn_writer writer;
    size_t matched; /* bytes of the stop string that are held back */
    char *line;     /* the line that is not complete yet, with `known` */
    size_t line_bytes, line_room;
    char *text; /* what came out, where there is no file or it is kept */
    size_t text_bytes, text_room;
    size_t echoed; /* bytes of it that were not drawn */
} outlet;

void outlet_open(outlet *self, const rnn_model *model, const stop_string *stop,
                 const rnn_line_set *known, int64_t limit, FILE *file);

/* Lets text through that was not drawn: not counted, and no stop string in it. */
void outlet_echo(outlet *self, const char *text, size_t bytes);

/* One symbol more; nothing once it has ended. */
void outlet_push(outlet *self, int32_t symbol);

/* Lets through what is held back still. With `known`, a line that was cut off is
 * dropped: it may be the beginning of a known one. */
void outlet_finish(outlet *self);

/* Releases the memory. */
void outlet_close(outlet *self);

#endif
