/* SPDX-License-Identifier: MIT
 *
 * writer.c - drawn symbols to whole UTF-8 characters (rnn_writer of rnn.h).
 *
 * What cannot become a character is replaced by U+FFFD, one for each longest
 * beginning of a character that it is cut into ("maximal subpart", Unicode
 * standard, section 3.9), as browsers do.
 */
#include "rnn.h"

#include <string.h>

/* How many bytes a character with this beginning has, and the range of the
 * second: 0 if nothing begins so. (Unicode standard, table 3-7.) */
static int expect(unsigned char first, unsigned char *low, unsigned char *high) {
    *low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    *high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    if (first >= 0xF0 && first <= 0xF4)
        return 4;
    return first < 0x80 ? 1 : 0;
}

/* Replaces what is held; returns the bytes written, 0 or 3. */
static size_t give_up(rnn_writer *writer, char *out) {
    if (writer->count == 0)
        return 0;
    writer->count = 0;
    memcpy(out, "\xEF\xBF\xBD", 3);
    return 3;
}

/* Takes one byte; returns the bytes written, at most 6. */
static size_t take(rnn_writer *writer, unsigned char byte, char *out) {
    unsigned char low, high;
    size_t written = 0;
    if (writer->count > 0) {
        expect(writer->held[0], &low, &high);
        if (writer->count > 1) {
            low = 0x80;
            high = 0xBF;
        }
        if (byte < low || byte > high)
            written = give_up(writer, out);
    }
    writer->held[writer->count++] = byte;
    int expected = expect(writer->held[0], &low, &high);
    if (expected == 0)
        return written + give_up(writer, out + written);
    if (writer->count < expected)
        return written;
    size_t length = (size_t)writer->count;
    memcpy(out + written, writer->held, length);
    writer->count = 0;
    return written + length;
}

size_t rnn_writer_push(rnn_writer *writer, const rnn_model *model, int32_t symbol, char out[24]) {
    size_t bytes, written = 0;
    const char *text = rnn_model_symbol(model, symbol, &bytes);
    /* A byte adds 3 at the most but once 6, and a symbol has up to 4. */
    for (size_t i = 0; i < bytes; i++)
        written += take(writer, (unsigned char)text[i], out + written);
    return written;
}

size_t rnn_writer_end(rnn_writer *writer, char out[24]) {
    return give_up(writer, out);
}
