/* SPDX-License-Identifier: MIT
 *
 * json.h - reads JSON (RFC 8259) straight from its bytes, and writes it.
 *
 * The reader builds no tree and allocates nothing: a hostile text costs no more
 * memory than the caller gives. It is strict: valid UTF-8, no lone surrogates,
 * whole numbers without sign, fraction or exponent where whole ones are asked for.
 *
 *   rnn_json_start(&json, text, bytes);
 *   rnn_json_enter(&json, '{');
 *   for (size_t i = 0; rnn_json_next(&json, '}', i); i++) {
 *       rnn_json_key(&json, key, sizeof key, &length);
 *       ... the value
 *   }
 *   if (!rnn_json_finish(&json)) -> json.wrong at byte json.at
 */
#ifndef RNN_JSON_H
#define RNN_JSON_H

#include <stddef.h>
#include <stdint.h>

#define RNN_JSON_MAX_DEPTH 64 /* of brackets in a value that is skipped */

typedef struct rnn_json {
    const char *text;
    size_t bytes;
    size_t at;         /* next byte to read; the place of what is wrong */
    const char *wrong; /* NULL while all is well. Once set, every call returns 0 */
} rnn_json;

void rnn_json_start(rnn_json *json, const char *text, size_t bytes);

/* Marks the text as wrong, unless it is already; returns 0. */
int rnn_json_refuse(rnn_json *json, const char *wrong);

/* The next byte that is no blank, not consumed: it tells the kind of value.
 * -1 at the end. */
int rnn_json_peek(rnn_json *json);

/* Consumes an opening bracket, '{' or '['. */
int rnn_json_enter(rnn_json *json, char opening);

/* 1 if item `index` (0, 1, ...) follows: its comma is consumed; 0 if the
 * closing bracket was (or something is wrong). */
int rnn_json_next(rnn_json *json, char closing, size_t index);

/* A string, unescaped, with a NUL behind it; out has `room` bytes. out NULL
 * checks it only. */
int rnn_json_string(rnn_json *json, char *out, size_t room, size_t *length);

/* A string and the colon behind it. */
int rnn_json_key(rnn_json *json, char *out, size_t room, size_t *length);

/* A number 0 .. 2^64 - 1 written in digits alone. */
int rnn_json_whole(rnn_json *json, uint64_t *value);

int rnn_json_boolean(rnn_json *json, int *value);

/* Any value, checked. */
int rnn_json_skip(rnn_json *json);

/* 1 if nothing but blanks is left and nothing was wrong. */
int rnn_json_finish(rnn_json *json);

/* ------------------------------------------------------------------ writing */

/* A growing text; zero-initialise, release text with rnn_free. */
typedef struct rnn_json_text {
    char *text; /* NUL-terminated once something was put */
    size_t bytes, capacity;
    int short_of_memory; /* 1: something was lost for lack of memory */
    int invalid;         /* 1: a string was not valid UTF-8 */
} rnn_json_text;

/* Characters as they are. */
void rnn_json_put(rnn_json_text *to, const char *raw);
/* In quotes; escapes what must be: quotes, backslashes and control characters,
 * these as \b \f \n \r \t or \u00xx. The rest stays UTF-8. */
void rnn_json_put_string(rnn_json_text *to, const char *string);
void rnn_json_put_whole(rnn_json_text *to, uint64_t value);

#endif
