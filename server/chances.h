/* SPDX-License-Identifier: MIT
 *
 * chances.h - how likely the model finds symbols: logarithms of probabilities, in JSON.
 */
#ifndef SERVER_CHANCES_H
#define SERVER_CHANCES_H

#include <jansson.h>

#include "rnn.h"

/* A symbol's text; one byte that is no character by itself is "bytes:\x..", as OpenAI's. */
json_t *chances_text(const rnn_model *model, int32_t symbol);

/* The natural logarithms of the probabilities of all symbols [symbols] from their logits,
 * before temperature and filters. */
void chances_of(const float *logits, size_t symbols, float *out);

/* OpenAI's "logprobs" of one text. */
typedef struct chances {
    json_t *tokens, *logprobs, *top; /* arrays of equal length; top NULL: not asked for */
} chances;

/* most: of the likeliest at each place. 0 when memory is short. */
int chances_open(chances *to, int most);
/* Adds a symbol; all [symbols] NULL where nothing was predicted. 0 when memory is short. */
int chances_add(chances *to, const rnn_model *model, int32_t symbol, const float *all, int most);
/* The object of what was added since the last call; the arrays are empty again. */
json_t *chances_take(chances *from, int most);
void chances_close(chances *of);

#endif
