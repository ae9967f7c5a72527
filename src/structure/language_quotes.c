/* SPDX-License-Identifier: MIT
 *
 * language_quotes.c - prose: quotation marks and brackets of several scripts.
 *
 * An empty line ends a paragraph, and with it what is open; but a quotation that goes
 * on for several paragraphs, each beginning with its mark, counts for nothing. A straight
 * mark opens or closes by what it leans on, and where that does not tell, by what is
 * open. An apostrophe is none of this: ' never counts, and the curved one only closes,
 * where it is not between letters and something waits for it.
 */
#include "structure/language.h"

#include <utf8proc.h>

enum {
    STRAIGHT,
    DOUBLE,
    SINGLE,
    LOW,
    ANGLES,
    CORNERS,
    WHITE_CORNERS,
    TITLES,
    ROUND,
    SQUARE,
    WIDE_ROUND,
};

static const rnn_language_pair kinds[] = {
    {"\" \"", 0, RNN_LANGUAGE_QUOTE, 0},
    {"\xE2\x80\x9C \xE2\x80\x9D", 0, RNN_LANGUAGE_QUOTE, 0}, /* U+201C, U+201D */
    {"\xE2\x80\x98 \xE2\x80\x99", 0, RNN_LANGUAGE_QUOTE, 0}, /* U+2018, U+2019 */
    {"\xE2\x80\x9E \xE2\x80\x9C", 0, RNN_LANGUAGE_QUOTE, 0}, /* U+201E, U+201C or U+201D */
    {"\xC2\xAB \xC2\xBB", 0, RNN_LANGUAGE_QUOTE, 0},         /* U+00AB, U+00BB */
    {"\xE3\x80\x8C \xE3\x80\x8D", 0, RNN_LANGUAGE_QUOTE, 0}, /* U+300C, U+300D */
    {"\xE3\x80\x8E \xE3\x80\x8F", 0, RNN_LANGUAGE_QUOTE, 0}, /* U+300E, U+300F */
    {"\xE3\x80\x8A \xE3\x80\x8B", 0, RNN_LANGUAGE_QUOTE, 0}, /* U+300A, U+300B */
    {"( )", 0, RNN_LANGUAGE_BRACKET, 0},
    {"[ ]", 0, RNN_LANGUAGE_BRACKET, 0},
    {"\xEF\xBC\x88 \xEF\xBC\x89", 0, RNN_LANGUAGE_BRACKET, 0}, /* U+FF08, U+FF09 */
};

/* By kind; NONE where a closing is not a character of its own meaning. */
#define NONE UINT32_MAX
static const uint32_t opening[] = {'"',    0x201C, 0x2018, 0x201E, 0xAB,  0x300C,
                                   0x300E, 0x300A, '(',    '[',    0xFF08};
static const uint32_t closing[] = {NONE,   NONE,   NONE, NONE, 0xBB,  0x300D,
                                   0x300F, 0x300B, ')',  ']',  0xFF09};

typedef struct memory {
    uint32_t before, held; /* the character that is decided next, and the one before it */
    int holds;
    int inside_line; /* something but blanks stands before the held one in its line */
    int paragraph;   /* an empty line came, and nothing but blanks since */
} memory;

/* ----------------------------------------------------------------- characters */

static int is_space(uint32_t code) {
    return code == 0 || code == '\n' || rnn_language_is_blank(code) || code >= RNN_LANGUAGE_BYTE ||
           utf8proc_category((utf8proc_int32_t)code) == UTF8PROC_CATEGORY_ZS;
}

static int is_punctuation(uint32_t code) {
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)code);
    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

/* Something that a word or a quotation may begin behind. */
static int leads(uint32_t code) {
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)code);
    return is_space(code) || category == UTF8PROC_CATEGORY_PS || category == UTF8PROC_CATEGORY_PI ||
           category == UTF8PROC_CATEGORY_PD;
}

static int is_in_word(uint32_t code) {
    return !is_space(code) && !is_punctuation(code);
}

/* ---------------------------------------------------------------------- marks */

static void take_straight(rnn_structure *structure, uint32_t before, uint32_t after, uint64_t at) {
    int opens = leads(before) && !is_space(after);
    int closes = !is_space(before) && (is_space(after) || is_punctuation(after));
    int waits = rnn_structure_waiting(structure, STRAIGHT) > 0;
    if (opens == closes ? waits : closes) {
        rnn_structure_close(structure, STRAIGHT, 0, at);
        return;
    }
    if (waits) {
        /* There are none inside others: the one before was never closed. */
        size_t depth;
        const rnn_opening *stack = rnn_structure_stack(structure, 0, &depth);
        while (stack[depth - 1].kind != STRAIGHT)
            depth--;
        rnn_structure_fail(structure, 0, depth - 1);
    }
    rnn_structure_open(structure, STRAIGHT, 0, at);
}

/* Whether the innermost curved quotation is one that began low. */
static int is_low(const rnn_structure *structure) {
    size_t depth;
    const rnn_opening *stack = rnn_structure_stack(structure, 0, &depth);
    while (depth > 0 && stack[depth - 1].kind != DOUBLE && stack[depth - 1].kind != LOW)
        depth--;
    return depth > 0 && stack[depth - 1].kind == LOW;
}

/* Returns 1 if the character was one of those whose meaning depends on others. */
static int take_curved(rnn_structure *structure, const memory *m, uint32_t after, uint64_t at) {
    switch (m->held) {
    case '"':
        take_straight(structure, m->before, after, at);
        return 1;
    case 0x2019:
        if (rnn_structure_waiting(structure, SINGLE) > 0 &&
            !(is_in_word(m->before) && is_in_word(after)))
            rnn_structure_close(structure, SINGLE, 0, at);
        return 1;
    case 0x201C:
        if (!is_low(structure))
            return 0;
        rnn_structure_close(structure, LOW, 0, at);
        return 1;
    case 0x201D:
        rnn_structure_close(structure, is_low(structure) ? LOW : DOUBLE, 0, at);
        return 1;
    default:
        return 0;
    }
}

static void take_mark(rnn_structure *structure, const memory *m, uint32_t after, uint64_t at) {
    if (take_curved(structure, m, after, at))
        return;
    for (size_t kind = DOUBLE; kind < sizeof opening / sizeof opening[0]; kind++) {
        if (m->held == opening[kind])
            rnn_structure_open(structure, kind, 0, at);
        else if (m->held == closing[kind])
            rnn_structure_close(structure, kind, 0, at);
    }
}

/* A paragraph begins with this character. */
static void begin_paragraph(rnn_structure *structure, uint32_t code) {
    size_t depth;
    const rnn_opening *stack = rnn_structure_stack(structure, 0, &depth);
    for (; depth > 0; depth--) {
        size_t kind = stack[depth - 1].kind;
        if (kind < ROUND && opening[kind] == code)
            rnn_structure_forget(structure, 0, depth - 1);
        else
            rnn_structure_fail(structure, 0, depth - 1);
    }
}

/* Decides what the held character means, now that the next one is known. */
static void decide(rnn_structure *structure, memory *m, uint32_t after) {
    uint32_t code = m->held;
    if (code == '\n') {
        m->paragraph |= !m->inside_line;
        m->inside_line = 0;
    } else if (!rnn_language_is_blank(code)) {
        if (m->paragraph)
            begin_paragraph(structure, code);
        m->paragraph = 0;
        m->inside_line = 1;
        take_mark(structure, m, after, rnn_structure_at(structure) - 1);
    }
    m->before = code;
}

static void take(rnn_structure *structure, void *remembered, uint32_t code) {
    memory *m = remembered;
    if (m->holds)
        decide(structure, m, code);
    m->held = code;
    m->holds = 1;
}

const rnn_language rnn_language_quotes = {
    "quotes", kinds, sizeof kinds / sizeof kinds[0], 0, sizeof(memory), take, NULL, 1, NULL,
};
