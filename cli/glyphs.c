/* SPDX-License-Identifier: MIT
 *
 * glyphs.c - see glyphs.h.
 */
#include "cli/glyphs.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/memory.h"
#include "base/status.h"
#include "text/utf8.h"

#define DOTTED_CIRCLE     0x25CCu
#define BOX               0x25A1u
#define OPEN_BOX          0x2423u
#define NEWLINE           0x21B5u
#define TAB               0x21E5u
#define TAB_COLUMNS       4
#define APOSTROPHE        0x2019u
#define PICTURES          0x2400u /* of control characters */
#define PICTURE_OF_DELETE 0x2421u

/* A character, or a byte that is none, and how many symbols it took. */
typedef struct character {
    uint32_t code;
    int valid;
    size_t symbols;
} character;

static void append(glyph *to, uint32_t code) {
    char bytes[4];
    size_t used = strlen(to->text), length = rnn_utf8_encode(code, bytes);
    memcpy(to->text + used, bytes, length);
    to->text[used + length] = '\0';
    int columns = utf8proc_charwidth((utf8proc_int32_t)code);
    to->columns = (unsigned char)(to->columns + (columns > 0 ? columns : 0));
}

/* ----------------------------------------------------------------- characters */

/* The character that begins with the first of these symbols. */
static character next_character(const rnn_model *model, const int32_t *symbols, size_t count) {
    unsigned char bytes[8];
    size_t held = 0, used = 0;
    while (used < count && held < 4) {
        size_t length;
        const char *text = rnn_model_symbol(model, symbols[used], &length);
        if (held + length > sizeof bytes)
            break;
        memcpy(bytes + held, text, length);
        held += length;
        used++;
        uint32_t code;
        int read = rnn_utf8_decode(bytes, held, &code);
        if (read < 0)
            break;
        if (read > 0)
            return (size_t)read == held ? (character){code, 1, used} : (character){bytes[0], 0, 1};
    }
    return (character){bytes[0], 0, 1};
}

static int is_control(uint32_t code) {
    return utf8proc_category((utf8proc_int32_t)code) == UTF8PROC_CATEGORY_CC;
}

/* What is shown instead of a character, or 0. */
static uint32_t stand_in(uint32_t code) {
    switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_CC:
        return code == '\n'   ? NEWLINE
               : code == '\t' ? TAB
               : code < 0x20  ? PICTURES + code
               : code == 0x7F ? PICTURE_OF_DELETE
                              : BOX;
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CS:
        return BOX;
    default:
        return 0;
    }
}

int glyphs_shows(uint32_t code) {
    return stand_in(code) == 0;
}

static int is_mark(uint32_t code) {
    int category = utf8proc_category((utf8proc_int32_t)code);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

/* Scripts without blanks between words: Thai and Lao, Myanmar, Khmer, kana and Han. */
static int stands_alone(uint32_t code) {
    static const uint32_t ranges[][2] = {{0x0E00, 0x0EFF}, {0x1000, 0x109F},  {0x1780, 0x17FF},
                                         {0x3005, 0x3007}, {0x3040, 0x30FF},  {0x31F0, 0x31FF},
                                         {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},  {0xF900, 0xFAFF},
                                         {0xFF66, 0xFF9F}, {0x20000, 0x3FFFF}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return 1;
    return 0;
}

static glyph_kind kind_of(uint32_t code) {
    switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_PC:
        return stands_alone(code) ? GLYPH_ALONE : GLYPH_LETTER;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return GLYPH_BLANK;
    default:
        return code == '\n' || code == '\t'         ? GLYPH_BLANK
               : code == '\'' || code == APOSTROPHE ? GLYPH_APOSTROPHE
                                                    : GLYPH_SIGN;
    }
}

static void begin(glyph *to, const character *from) {
    *to = (glyph){.count = from->symbols};
    if (!from->valid) {
        snprintf(to->text, sizeof to->text, "%02x", (unsigned)from->code & 0xFF);
        to->columns = 2;
        to->stands = 1;
        return;
    }
    uint32_t instead = stand_in(from->code);
    if (is_mark(from->code))
        append(to, DOTTED_CIRCLE);
    append(to, instead ? instead : from->code);
    to->stands = instead != 0;
    to->newline = from->code == '\n';
    to->kind = (unsigned char)kind_of(from->code);
    to->columns = to->columns ? to->columns : 1;
}

/* ------------------------------------------------------------------- cutting */

/* Where a text keeps its layout, a tab is as wide as one. */
static void widen_tab(glyph *to) {
    for (int i = 1; i < TAB_COLUMNS; i++)
        append(to, ' ');
}

/* Whether the next character belongs to the glyph whose last character was `before`. */
static int joins(const glyph *to, uint32_t before, const character *next, utf8proc_int32_t *state) {
    if (to->stands || !next->valid || is_control(before) || is_control(next->code))
        return 0;
    if (strlen(to->text) + 5 > GLYPH_BYTES)
        return 0;
    return !utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)next->code,
                                             state);
}

/* Emoji that are joined into one are as wide as their first. */
static void join(glyph *to, uint32_t before, const character *next) {
    unsigned char columns = to->columns;
    append(to, next->code);
    if (before == 0x200D)
        to->columns = columns;
    to->count += next->symbols;
}

static void cut_cluster(glyph *to, const rnn_model *model, const int32_t *symbols, size_t count) {
    utf8proc_int32_t state = 0;
    character now = next_character(model, symbols, count);
    begin(to, &now);
    if (now.valid && now.code == '\t')
        widen_tab(to);
    while (now.valid && to->count < count) {
        character next = next_character(model, symbols + to->count, count - to->count);
        if (!joins(to, now.code, &next, &state))
            break;
        join(to, now.code, &next);
        now = next;
    }
}

glyph glyphs_symbol(const rnn_model *model, int32_t symbol, int seen) {
    glyph one;
    character alone = next_character(model, &symbol, 1);
    begin(&one, &alone);
    if (seen && alone.valid && alone.code == ' ') {
        one.text[0] = '\0';
        one.columns = 0;
        append(&one, OPEN_BOX);
        one.stands = 1;
    }
    return one;
}

double glyphs_number(const glyph *of, const float *numbers, size_t stride, int sum) {
    double total = 0;
    for (size_t i = of->first; i < of->first + of->count; i++)
        total = (sum ? total : 0) + (double)numbers[i * stride];
    return total;
}

rnn_status glyphs_cut(glyph **out, size_t *glyph_count, const rnn_model *model,
                      const int32_t *symbols, size_t count, rnn_error *error) {
    glyph *glyphs = rnn_allocate(count + 1, sizeof *glyphs);
    size_t n = 0;
    *out = NULL;
    *glyph_count = 0;
    if (!glyphs)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to show %zu characters", count);
    for (size_t at = 0; at < count; n++) {
        cut_cluster(&glyphs[n], model, symbols + at, count - at);
        glyphs[n].first = at;
        at += glyphs[n].count;
    }
    *out = glyphs;
    *glyph_count = n;
    return RNN_OK;
}
