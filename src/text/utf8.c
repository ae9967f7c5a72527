/* SPDX-License-Identifier: MIT
 *
 * utf8.c - see utf8.h.
 */
#include "text/utf8.h"

#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

size_t rnn_utf8_encode(uint32_t code, char out[4]) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)((0xF00u >> length & 0xF0) | code);
    return length;
}

void rnn_utf8_describe(const rnn_utf8_unit *unit, char out[64]) {
    const size_t room = 64;
    if (!unit->valid) {
        snprintf(out, room, "the byte 0x%02X, which is not UTF-8", (unsigned)unit->code);
        return;
    }
    static const struct {
        uint32_t code;
        const char *text;
    } escapes[] = {{'\n', "\\n"}, {'\t', "\\t"}, {'\r', "\\r"}, {'"', "\\\""}, {'\\', "\\\\"}};
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        if (escapes[i].code == unit->code) {
            snprintf(out, room, "\"%s\" (U+%04X)", escapes[i].text, (unsigned)unit->code);
            return;
        }
    }
    switch (utf8proc_category((utf8proc_int32_t)unit->code)) {
    case UTF8PROC_CATEGORY_CC: /* controls */
    case UTF8PROC_CATEGORY_CF: /* formats: these turn the direction of a line */
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CO: /* private use, and not assigned */
    case UTF8PROC_CATEGORY_CN:
        snprintf(out, room, "U+%04X", (unsigned)unit->code);
        return;
    default:
        snprintf(out, room, "\"%.*s\" (U+%04X)", (int)unit->length, (const char *)unit->bytes,
                 (unsigned)unit->code);
    }
}

/* Moves a place on over bytes [count]. */
static void advance(rnn_place *place, const unsigned char *bytes, size_t count) {
    uint64_t lines = 0, columns = 0;
    size_t line = 0; /* where the last line begins */
    for (size_t i = 0; i < count; i++)
        lines += bytes[i] == '\n';
    if (lines > 0) {
        place->column = 0;
        line = count;
        while (bytes[line - 1] != '\n')
            line--;
    }
    for (size_t i = line; i < count; i++)
        columns += (bytes[i] & 0xC0) != 0x80; /* bytes that begin a character */
    place->byte += count;
    place->line += lines;
    place->column += columns;
}

/* The place of the next unit less `back` bytes, counted from 0 throughout. */
static rnn_place find_place(const rnn_utf8_reader *reader, size_t back) {
    rnn_place place = reader->place;
    size_t taken = reader->carried_count + (size_t)(reader->at - reader->begin);
    taken = taken > reader->held_count + back ? taken - reader->held_count - back : 0;
    size_t carried = taken < reader->carried_count ? taken : reader->carried_count;
    advance(&place, reader->carried, carried);
    advance(&place, reader->begin, taken - carried);
    return place;
}

rnn_place rnn_utf8_place(const rnn_utf8_reader *reader, size_t back) {
    rnn_place place = find_place(reader, back);
    place.line++;
    place.column++;
    return place;
}

void rnn_utf8_restart(rnn_utf8_reader *reader) {
    memset(&reader->place, 0, sizeof reader->place);
}

void rnn_utf8_feed(rnn_utf8_reader *reader, const char *bytes, size_t count, int last) {
    static const unsigned char nothing[1];
    reader->begin = count > 0 ? (const unsigned char *)bytes : nothing;
    reader->at = reader->begin;
    reader->end = reader->begin + count;
    reader->last = last;
}

/* Notes where the piece ended, while its bytes are still there. */
static int end_piece(rnn_utf8_reader *reader) {
    reader->place = find_place(reader, 0);
    memcpy(reader->carried, reader->held, sizeof reader->carried);
    reader->carried_count = reader->held_count;
    reader->begin = reader->at;
    return 0;
}

static int give(rnn_utf8_unit *unit, const unsigned char *bytes, int length, uint32_t code) {
    unit->valid = length > 0;
    unit->length = length > 0 ? (size_t)length : 1;
    unit->code = length > 0 ? code : bytes[0];
    memcpy(unit->bytes, bytes, unit->length);
    return 1;
}

/* A unit that began in an earlier piece. */
static int next_held(rnn_utf8_reader *reader, rnn_utf8_unit *unit) {
    uint32_t code = 0;
    int length;
    while ((length = rnn_utf8_decode(reader->held, reader->held_count, &code)) == 0 &&
           reader->at < reader->end)
        reader->held[reader->held_count++] = *reader->at++;
    if (length == 0 && !reader->last)
        return end_piece(reader);
    give(unit, reader->held, length, code);
    reader->held_count -= unit->length;
    memmove(reader->held, reader->held + unit->length, reader->held_count);
    return 1;
}

int rnn_utf8_next(rnn_utf8_reader *reader, rnn_utf8_unit *unit) {
    if (reader->held_count > 0)
        return next_held(reader, unit);
    size_t left = (size_t)(reader->end - reader->at);
    if (left == 0)
        return end_piece(reader);
    uint32_t code = 0;
    int length = rnn_utf8_decode(reader->at, left, &code);
    if (length == 0 && !reader->last) {
        memcpy(reader->held, reader->at, left);
        reader->held_count = left;
        reader->at = reader->end;
        return end_piece(reader);
    }
    give(unit, reader->at, length, code);
    reader->at += unit->length;
    return 1;
}
