/* SPDX-License-Identifier: MIT
 *
 * vocabulary.h - which symbols a model knows.
 *
 * Three kinds:
 *   closed chars   the distinct code points of the training text, in code point order
 *   closed bytes   the distinct bytes of the training text, in order
 *   open           symbols 0..255 are the bytes; after them, in code point order, the
 *                  most frequent code points beyond ASCII. What is not among them is
 *                  spelled with the bytes of its UTF-8, so any bytes at all can be
 *                  written and restored exactly. (An ASCII character is its byte.)
 *
 * A byte order mark at the beginning of a text is a character like any other.
 * text/encoder.h turns text into symbols.
 */
#ifndef RNN_VOCABULARY_H
#define RNN_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "text/census.h"

#define RNN_MAX_SYMBOLS 65536

/* What a symbol stands for: a character's UTF-8, or one byte; a NUL behind it. */
typedef struct rnn_symbol_text {
    char bytes[7];
    uint8_t count;
} rnn_symbol_text;

typedef struct rnn_vocabulary {
    rnn_units units; /* chars or bytes */
    int open;
    int normalize; /* 1: text is brought to NFC before it is encoded */
    int32_t size;
    rnn_symbol_text *text;    /* [size] */
    int32_t byte_symbol[256]; /* of a byte by itself; -1: none */
    /* The symbol of code point c, -1 if there is none, at
     * symbol_of[page_of[c / 256]][c % 256]. */
    uint16_t page_of[RNN_CODE_POINTS / 256];
    int32_t (*symbol_of)[256];
} rnn_vocabulary;

/* Chooses the symbols for what has been counted. units AUTO becomes chars if all
 * of it was valid UTF-8, else bytes; CHARS over invalid UTF-8 without
 * max_symbols is RNN_ERR_SYMBOL with the byte's place. max_symbols 0: closed;
 * from 256 up: open; RNN_AUTO: open where there are more than 512 characters, and
 * half as many symbols or less suffice for all but a thousandth of the text; else
 * closed. normalize is remembered. A census of nothing, and more than
 * RNN_MAX_SYMBOLS symbols, are RNN_ERR_RANGE. */
rnn_status rnn_vocabulary_create(rnn_vocabulary **out, const rnn_census *census, rnn_units units,
                                 int max_symbols, int normalize, rnn_error *error);
void rnn_vocabulary_destroy(rnn_vocabulary *vocabulary);

int rnn_vocabulary_size(const rnn_vocabulary *vocabulary);
rnn_units rnn_vocabulary_units(const rnn_vocabulary *vocabulary);
int rnn_vocabulary_is_open(const rnn_vocabulary *vocabulary);
int rnn_vocabulary_normalizes(const rnn_vocabulary *vocabulary);

/* A symbol's bytes; owned by the vocabulary. One byte from 0x80 on is a part of
 * a character (or of nothing); all else is a whole character. */
const char *rnn_vocabulary_symbol(const rnn_vocabulary *vocabulary, int32_t symbol, size_t *bytes);
/* What a symbol is in any vocabulary: its code point, or RNN_CODE_POINTS + b for a byte b from
 * 0x80 on that stands for itself. */
int32_t rnn_vocabulary_key(const rnn_vocabulary *vocabulary, int32_t symbol);
/* The symbol with exactly these bytes, -1 if there is none. */
int32_t rnn_vocabulary_find(const rnn_vocabulary *vocabulary, const char *bytes, size_t count);
/* The symbol of a code point by itself, -1 if there is none. Chars only: an open
 * vocabulary finds ASCII here as well. */
static inline int32_t rnn_vocabulary_of_code(const rnn_vocabulary *vocabulary, uint32_t code) {
    return vocabulary->symbol_of[vocabulary->page_of[code / 256]][code % 256];
}

/* 1 if both have the same symbols in the same order, and treat text alike. */
int rnn_vocabulary_equal(const rnn_vocabulary *a, const rnn_vocabulary *b);

/* As JSON text, for the model file:
 *
 *   {"units": "chars", "open": false, "normalize": "none", "symbols": ["\n", " ", "a", "é"]}
 *
 * units is "chars" or "bytes", normalize is "none" or "nfc". symbols lists symbol
 * 0, 1, ...: a character as a string of one code point (control characters
 * escaped, NUL as "\u0000"), a byte from 0x80 on as its number 128..255; a byte
 * below 0x80 is the ASCII character that it is. They stand in the order given
 * at the top of this file; an open vocabulary lists its 256 bytes too.
 * *out is NUL-terminated and released with rnn_free. */
rnn_status rnn_vocabulary_write_json(const rnn_vocabulary *vocabulary, char **out,
                                     rnn_error *error);
/* Checks everything; RNN_ERR_FORMAT says what is wrong. */
rnn_status rnn_vocabulary_read_json(rnn_vocabulary **out, const char *json, size_t bytes,
                                    rnn_error *error);

#endif
