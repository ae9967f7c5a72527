/* SPDX-License-Identifier: MIT
 *
 * whole_text.h - all of a corpus in one piece, and what stands where in it.
 *
 * The bytes lie in a mapped file without a name (text/spool.h), so what takes
 * anonymous memory is a name for each file of the corpus.
 */
#ifndef RNN_WHOLE_TEXT_H
#define RNN_WHOLE_TEXT_H

#include "text/corpus.h"
#include "text/utf8.h"

typedef struct rnn_whole_text rnn_whole_text;

/* Reads a corpus to its end; `directory` is where its bytes are kept. RNN_ERR_RANGE for
 * a corpus without text, RNN_ERR_IO, RNN_ERR_MEMORY. */
rnn_status rnn_whole_text_read(rnn_whole_text **out, rnn_corpus *corpus, const char *directory,
                               rnn_error *error);
void rnn_whole_text_destroy(rnn_whole_text *text);

/* All bytes of it, *count >= 1. */
const char *rnn_whole_text_bytes(const rnn_whole_text *text, size_t *count);

/* Where byte `at` stands in its own file, and that file's name. Normalised text is
 * counted as it came out, and there a file's last character may count as the next one's
 * first (text/corpus.h). Looks at all of the file before the byte. */
rnn_place rnn_whole_text_place(const rnn_whole_text *text, size_t at, const char **file);

#endif
