/* SPDX-License-Identifier: MIT
 *
 * own_text.h - the text that a model was trained on, as its history tells.
 */
#ifndef RNN_OWN_TEXT_H
#define RNN_OWN_TEXT_H

#include <jansson.h>

#include "rnn.h"
#include "text/symbols.h"

#define RNN_OWN_INPUTS 64

typedef struct rnn_own_text {
    json_t *history; /* holds the strings below */
    /* Where it was when it was read. None where the model does not say, where there were more
     * than fit, and where standard input was among them. */
    const char *inputs[RNN_OWN_INPUTS];
    size_t count;
    const char *include, *exclude; /* patterns of --include and --exclude; NULL: none */
    uint64_t hash;                 /* rnn_symbols_hash; 0 where the model does not say */
} rnn_own_text;

/* For the caller to clear. */
void rnn_own_text_read(rnn_own_text *out, const rnn_model *model);
void rnn_own_text_clear(rnn_own_text *text);

/* 1 if the model says that it was trained on this text. */
int rnn_own_text_is(const rnn_model *model, const rnn_symbols *symbols);

/* 1 if the model says that it was trained on this text, but on nothing of the part that `how` cuts
 * from it. */
int rnn_own_text_held_out(const rnn_model *model, const rnn_symbols *symbols,
                          const rnn_evaluation *how);

#endif
