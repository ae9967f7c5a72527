/* SPDX-License-Identifier: MIT
 *
 * utf8.h - bytes to code points and back, for text that comes in pieces.
 *
 * Strict: overlong forms, surrogates and what lies beyond U+10FFFF are not
 * UTF-8. A byte that cannot begin a character where it stands is one invalid
 * unit of its own, and reading goes on with the byte behind it; so how a text
 * is cut into units never depends on how it was cut into pieces.
 */
#ifndef RNN_UTF8_H
#define RNN_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define RNN_CODE_POINTS 0x110000u /* code points are below this */

/* Reads one character from bytes [count], count >= 1. Returns its length, 1 to
 * 4, and its code point; 0 if all `count` bytes are the beginning of one; -1 if
 * bytes[0] is invalid. The ranges are those of the Unicode Standard, table 3-7. (Here
 * and inline because all text passes through it.) */
static inline int rnn_utf8_decode(const unsigned char *bytes, size_t count, uint32_t *code) {
    uint32_t lead = bytes[0];
    if (lead < 0x80) {
        *code = lead;
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4)
        return -1;
    if (count < 2)
        return 0;
    /* The second byte's range is what shuts out overlong forms (E0, F0),
     * surrogates (ED) and code points that are too large (F4). */
    uint32_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint32_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (bytes[1] < low || bytes[1] > high)
        return -1;
    size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t value = (lead & (0x7Fu >> length)) << 6 | (bytes[1] & 0x3Fu);
    for (size_t i = 2; i < length; i++) {
        if (i == count)
            return 0;
        if ((bytes[i] & 0xC0) != 0x80)
            return -1;
        value = value << 6 | (bytes[i] & 0x3Fu);
    }
    *code = value;
    return (int)length;
}

/* 1 unless the byte goes on with a character that another one began. */
static inline int rnn_utf8_begins(char byte) {
    return ((unsigned char)byte & 0xC0) != 0x80;
}

/* Writes a code point (not a surrogate) and returns its length, 1 to 4. */
size_t rnn_utf8_encode(uint32_t code, char out[4]);

/* Where a unit stands: bytes from 0, lines and columns (in characters) from 1. */
typedef struct rnn_place {
    uint64_t byte, line, column;
} rnn_place;

/* A character, or one invalid byte. */
typedef struct rnn_utf8_unit {
    uint32_t code; /* the byte's value if it is invalid */
    int valid;
    size_t length; /* bytes */
    unsigned char bytes[4];
} rnn_utf8_unit;

/* For messages: "é" (U+00E9), or "\n" (U+000A), or the byte 0x8F, which is not
 * UTF-8. What a terminal would act upon or not show is given by number alone. */
void rnn_utf8_describe(const rnn_utf8_unit *unit, char out[64]);

/* Cuts a stream of pieces into units. Zero-initialise; then for each piece
 * rnn_utf8_feed, and rnn_utf8_next until it returns 0. While held_count is 0 the
 * caller may take bytes itself, by moving `at` on over whole characters. */
typedef struct rnn_utf8_reader {
    const unsigned char *at, *end; /* what is left of the piece */
    size_t held_count;             /* bytes of a character that the piece cut off */
    unsigned char held[4];
    const unsigned char *begin; /* of the piece */
    unsigned char carried[4];   /* what was held when the piece began */
    size_t carried_count;
    rnn_place place; /* of the first carried byte, else of begin; from 0 throughout */
    int last;
} rnn_utf8_reader;

/* The bytes stay the caller's and must stand until rnn_utf8_next returns 0. With
 * `last`, an unfinished character at the end is invalid; else it is held. */
void rnn_utf8_feed(rnn_utf8_reader *reader, const char *bytes, size_t count, int last);

/* The next unit; 0 when the piece has been read. */
int rnn_utf8_next(rnn_utf8_reader *reader, rnn_utf8_unit *unit);

/* The place `back` bytes before the next unit; of the unit that has just been
 * returned, with its length. Costs a look at the whole piece. */
rnn_place rnn_utf8_place(const rnn_utf8_reader *reader, size_t back);

/* Between two pieces: places count from the beginning again (a new file). */
void rnn_utf8_restart(rnn_utf8_reader *reader);

#endif
