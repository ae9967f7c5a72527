/* SPDX-License-Identifier: MIT
 *
 * encoder.c - see encoder.h.
 */
#include "text/encoder.h"

#include <stdio.h>

#include "base/memory.h"

struct rnn_encoder {
    const rnn_vocabulary *vocabulary; /* borrowed */
    /* Symbols of the bytes that are whole characters by themselves, which are
     * looked up without decoding: all bytes where bytes are the units, else
     * ASCII. -1: look closer. */
    int32_t direct[256];
    int skip_unknown;
    uint64_t skipped;
    rnn_utf8_reader reader;
};

rnn_status rnn_encoder_create(rnn_encoder **out, const rnn_vocabulary *vocabulary, int skip_unknown,
                              rnn_error *error) {
    rnn_encoder *encoder = *out = rnn_allocate(1, sizeof *encoder);
    if (!encoder)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for encoding text");
    encoder->vocabulary = vocabulary;
    encoder->skip_unknown = skip_unknown;
    for (uint32_t byte = 0; byte < 256; byte++) {
        if (vocabulary->units == RNN_UNITS_BYTES)
            encoder->direct[byte] = vocabulary->byte_symbol[byte];
        else
            encoder->direct[byte] = byte < 128 ? rnn_vocabulary_of_code(vocabulary, byte) : -1;
    }
    return RNN_OK;
}

void rnn_encoder_destroy(rnn_encoder *encoder) {
    rnn_free(encoder);
}

/* Encodes what `*at` goes on with as far as single bytes are known symbols, and
 * moves it on. Returns where the symbols end. */
static int32_t *encode_direct(const int32_t *direct, const unsigned char **at,
                              const unsigned char *end, int32_t *out) {
    const unsigned char *from = *at;
    for (; end - from >= 8; from += 8, out += 8) {
        int32_t all = 0;
        for (int i = 0; i < 8; i++)
            all |= out[i] = direct[from[i]];
        if (all < 0)
            break; /* the sign of a -1 among them */
    }
    for (; from < end && direct[*from] >= 0; from++)
        *out++ = direct[*from];
    *at = from;
    return out;
}

/* Encodes what the piece goes on with, up to what is not a known character. */
static int32_t *encode_known(rnn_encoder *encoder, int32_t *out) {
    const int chars = encoder->vocabulary->units == RNN_UNITS_CHARS;
    const unsigned char *at = encoder->reader.at, *end = encoder->reader.end;
    while (at < end) {
        uint32_t code;
        if (encoder->direct[*at] >= 0) {
            out = encode_direct(encoder->direct, &at, end, out);
            continue;
        }
        int length = chars ? rnn_utf8_decode(at, (size_t)(end - at), &code) : 0;
        int32_t symbol = length > 0 ? rnn_vocabulary_of_code(encoder->vocabulary, code) : -1;
        if (symbol < 0)
            break;
        *out++ = symbol;
        at += length;
    }
    encoder->reader.at = at;
    return out;
}

static rnn_status refuse(const rnn_encoder *encoder, const rnn_utf8_unit *unit, rnn_error *error) {
    rnn_place place = rnn_utf8_place(&encoder->reader, unit->length);
    const int bytes = encoder->vocabulary->units == RNN_UNITS_BYTES;
    char what[64];
    if (bytes && (unit->code & 0xC0) == 0x80 && place.column > 1)
        place.column--; /* a later byte of a character stands where that began */
    if (bytes && unit->code >= 0x80)
        snprintf(what, sizeof what, "the byte 0x%02X", (unsigned)unit->code);
    else
        rnn_utf8_describe(unit, what);
    return rnn_fail(error, RNN_ERR_SYMBOL,
                    "byte %llu (line %llu, column %llu): the model does not know %s; train with "
                    "--max-symbols so that any text can be read, or pass --on-unknown skip",
                    (unsigned long long)place.byte, (unsigned long long)place.line,
                    (unsigned long long)place.column, what);
}

/* Encodes one unit. Returns how many symbols it took, -1 if it is unknown. */
static int encode_unit(const rnn_encoder *encoder, const rnn_utf8_unit *unit, int32_t *out) {
    const rnn_vocabulary *vocabulary = encoder->vocabulary;
    int32_t symbol = unit->valid && vocabulary->units == RNN_UNITS_CHARS
                         ? rnn_vocabulary_of_code(vocabulary, unit->code)
                         : -1;
    if (symbol >= 0) {
        *out = symbol;
        return 1;
    }
    if (!vocabulary->open)
        return -1;
    for (size_t i = 0; i < unit->length; i++)
        out[i] = vocabulary->byte_symbol[unit->bytes[i]];
    return (int)unit->length;
}

/* The next unit to look closer at: where bytes are the units, one byte. */
static int next_unit(rnn_encoder *encoder, rnn_utf8_unit *unit) {
    rnn_utf8_reader *reader = &encoder->reader;
    if (encoder->vocabulary->units == RNN_UNITS_BYTES && reader->at < reader->end) {
        *unit = (rnn_utf8_unit){*reader->at, *reader->at < 0x80, 1, {*reader->at}};
        reader->at++;
        return 1;
    }
    return rnn_utf8_next(reader, unit);
}

rnn_status rnn_encoder_add(rnn_encoder *encoder, const char *bytes, size_t count, int last,
                           int32_t **symbols, size_t *count_out, size_t *capacity,
                           rnn_error *error) {
    /* A byte is one symbol at most; and never no room at all. */
    const size_t most = encoder->reader.held_count + count + 1;
    if (!rnn_grow((void **)symbols, capacity, *count_out + most, sizeof **symbols))
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory for %zu bytes of text as symbols",
                        count);
    int32_t *out = *symbols + *count_out;
    rnn_utf8_unit unit;
    rnn_utf8_feed(&encoder->reader, bytes, count, last);
    for (;;) {
        if (encoder->reader.held_count == 0)
            out = encode_known(encoder, out);
        if (!next_unit(encoder, &unit))
            break;
        int made = encode_unit(encoder, &unit, out);
        if (made >= 0)
            out += made;
        else if (encoder->skip_unknown)
            encoder->skipped++;
        else
            return refuse(encoder, &unit, error);
    }
    *count_out = (size_t)(out - *symbols);
    return RNN_OK;
}

void rnn_encoder_restart(rnn_encoder *encoder) {
    rnn_utf8_restart(&encoder->reader);
}

uint64_t rnn_encoder_skipped(const rnn_encoder *encoder) {
    return encoder->skipped;
}
