/* SPDX-License-Identifier: MIT
 *
 * wishes.h - what POST /v1/completions is asked for: JSON in OpenAI's words, and ours for
 * what theirs do not have (top_k, min_p, skip_unknown).
 */
#ifndef SERVER_WISHES_H
#define SERVER_WISHES_H

#include "server/requests.h"
#include "server/stops.h"

#define WISHES_MOST_SYMBOLS  100000
#define WISHES_MOST_CHOICES  16
#define WISHES_MOST_LOGPROBS 1000

/* Texts are borrowed from the JSON. */
typedef struct wishes {
    const char *model; /* "" for the latest */
    const char *prompt;
    size_t prompt_bytes;
    rnn_sampling sampling;
    size_t most;  /* symbols to draw for each choice */
    int choices;  /* texts side by side */
    int logprobs; /* -1: none; else how many of the likeliest beside the one drawn */
    int stream, echo, skip_unknown;
    stops stops;
} wishes;

/* 0 with a refusal in reply. What OpenAI's have and is not here is refused unless it asks
 * for nothing. */
int wishes_read(wishes *out, const json_t *object, http_reply *reply);

#endif
