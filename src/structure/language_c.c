/* SPDX-License-Identifier: MIT
 *
 * language_c.c - C: brackets, strings, characters, comments, conditionals.
 *
 * What stands in a string or a comment opens nothing. A string or a character constant
 * ends with its line at the latest. Conditionals (#if) may cross brackets; what stands
 * in each of their branches counts.
 */
#include "structure/language.h"

#include <string.h>

enum { ROUND, SQUARE, CURLY, STRING, CHARACTER, COMMENT, CONDITION };

static const rnn_language_pair kinds[] = {
    {"( )", 0, RNN_LANGUAGE_BRACKET, 0},      {"[ ]", 0, RNN_LANGUAGE_BRACKET, 0},
    {"{ }", 0, RNN_LANGUAGE_BRACKET, 0},      {"\" \"", 0, RNN_LANGUAGE_QUOTE, 0},
    {"' '", 0, RNN_LANGUAGE_QUOTE, 0},        {"/* */", 0, RNN_LANGUAGE_COMMENT, 0},
    {"#if #endif", 1, RNN_LANGUAGE_OTHER, 0},
};

typedef enum mode {
    CODE = 0,
    IN_STRING,
    IN_CHARACTER,
    IN_COMMENT,
    IN_LINE,      /* a comment or a message that ends with its line */
    IN_DIRECTIVE, /* between # and the end of the word behind it */
} mode;

typedef struct memory {
    mode mode;
    int escaped;              /* a backslash stands before */
    int is_message;           /* IN_LINE: of #error or #warning */
    int inside_line;          /* something but blanks stands before in this line */
    uint32_t before, earlier; /* the last two characters, where they may begin something */
    uint64_t hash;            /* the # of a directive */
    char word[8];             /* of a directive */
    size_t letters;
} memory;

static void begin(rnn_structure *structure, memory *m, size_t kind, mode next, uint64_t at) {
    rnn_structure_open(structure, kind, 0, at);
    m->mode = next;
    m->escaped = 0;
    m->before = m->earlier = 0;
}

static void leave(memory *m) {
    m->mode = CODE;
    m->before = m->earlier = 0;
}

static void take_quoted(rnn_structure *structure, memory *m, uint32_t code) {
    size_t depth, kind = m->mode == IN_STRING ? STRING : CHARACTER;
    if (m->escaped) {
        m->escaped = code == '\r'; /* of a line break */
    } else if (code == '\\') {
        m->escaped = 1;
    } else if (code == (m->mode == IN_STRING ? '"' : '\'')) {
        rnn_structure_close(structure, kind, 0, rnn_structure_at(structure));
        leave(m);
    } else if (code == '\n') {
        rnn_structure_stack(structure, 0, &depth);
        if (depth > 0)
            rnn_structure_fail(structure, 0, depth - 1);
        leave(m);
        m->inside_line = 0;
    }
}

static void take_comment(rnn_structure *structure, memory *m, uint32_t code) {
    if (m->before == '*' && code == '/') {
        rnn_structure_close(structure, COMMENT, 0, rnn_structure_at(structure) - 1);
        leave(m);
    } else {
        m->before = code;
    }
}

static void take_line(memory *m, uint32_t code) {
    if (code == '\n' && !m->escaped) {
        leave(m);
        m->inside_line = 0;
    }
    m->escaped = code == '\\' || (m->escaped && code == '\r');
}

static int is_word(const memory *m, const char *word) {
    return m->letters == strlen(word) && memcmp(m->word, word, m->letters) == 0;
}

/* Returns 1 if the character is still to be read as code. */
static int take_directive(rnn_structure *structure, memory *m, uint32_t code) {
    if (m->letters == 0 && rnn_language_is_blank(code))
        return 0;
    if (rnn_language_is_letter(code)) {
        if (m->letters < sizeof m->word)
            m->word[m->letters] = (char)code;
        m->letters++;
        return 0;
    }
    leave(m);
    if (is_word(m, "if") || is_word(m, "ifdef") || is_word(m, "ifndef"))
        rnn_structure_open(structure, CONDITION, 0, m->hash);
    else if (is_word(m, "endif"))
        rnn_structure_close(structure, CONDITION, 0, m->hash);
    if (is_word(m, "error") || is_word(m, "warning")) {
        m->mode = IN_LINE;
        m->escaped = 0;
        m->is_message = 1;
        take_line(m, code);
        return 0;
    }
    return 1;
}

static void take_bracket(rnn_structure *structure, uint32_t code) {
    static const char opening[] = "([{", closing[] = ")]}";
    uint64_t at = rnn_structure_at(structure);
    for (size_t kind = ROUND; kind <= CURLY; kind++) {
        if (code == (unsigned char)opening[kind])
            rnn_structure_open(structure, kind, 0, at);
        else if (code == (unsigned char)closing[kind])
            rnn_structure_close(structure, kind, 0, at);
    }
}

/* What two characters in a row begin, or end. Returns 1 if that was all. */
static int take_slash(rnn_structure *structure, memory *m, uint32_t code) {
    uint64_t at = rnn_structure_at(structure);
    if (m->before != '/')
        return 0;
    if (code == '*') {
        begin(structure, m, COMMENT, IN_COMMENT, at - 1);
        return 1;
    }
    if (code == '/') {
        m->mode = IN_LINE;
        m->escaped = 0;
        m->is_message = 0;
        return 1;
    }
    /* A star before the slash ends a comment that nothing began. */
    if (m->earlier == '*')
        rnn_structure_close(structure, COMMENT, 0, at - 2);
    return 0;
}

static void take_code(rnn_structure *structure, memory *m, uint32_t code) {
    if (take_slash(structure, m, code))
        return;
    m->earlier = m->before;
    m->before = code;
    if (code == '"' || code == '\'') {
        begin(structure, m, code == '"' ? STRING : CHARACTER,
              code == '"' ? IN_STRING : IN_CHARACTER, rnn_structure_at(structure));
    } else if (code == '#' && !m->inside_line) {
        m->mode = IN_DIRECTIVE;
        m->hash = rnn_structure_at(structure);
        m->letters = 0;
    } else {
        take_bracket(structure, code);
    }
    if (code == '\n')
        m->inside_line = 0;
    else if (!rnn_language_is_blank(code))
        m->inside_line = 1;
}

static void take(rnn_structure *structure, void *remembered, uint32_t code) {
    memory *m = remembered;
    if (m->mode == IN_DIRECTIVE && !take_directive(structure, m, code))
        return;
    switch (m->mode) {
    case IN_STRING:
    case IN_CHARACTER:
        take_quoted(structure, m, code);
        break;
    case IN_COMMENT:
        take_comment(structure, m, code);
        break;
    case IN_LINE:
        take_line(m, code);
        break;
    case CODE:
    case IN_DIRECTIVE:
        take_code(structure, m, code);
        break;
    }
}

static int in_comment(const void *remembered) {
    const memory *m = remembered;
    return m->mode == IN_LINE && !m->is_message;
}

const rnn_language rnn_language_c = {
    "c", kinds, sizeof kinds / sizeof kinds[0], 0, sizeof(memory), take, NULL, 0, in_comment,
};
