/* SPDX-License-Identifier: MIT
 *
 * language_latex.c - LaTeX: groups, brackets, mathematics, environments.
 *
 * A backslash takes the meaning from what follows, % from the rest of its line.
 * Mathematics between dollars, \( \) or \[ \] cannot go beyond an empty line. What
 * \text{...} and its like hold within mathematics is text, and may have dollars of its
 * own. Environments pair by name. Inside a verbatim environment nothing is known to be
 * plain; \verb|...| is.
 */
#include "structure/language.h"

#include <string.h>

enum { CURLY, SQUARE, INLINE, DISPLAY, ROUND_INLINE, SQUARE_DISPLAY, ENVIRONMENT };

static const rnn_language_pair kinds[] = {
    {"{ }", 0, RNN_LANGUAGE_BRACKET, 0},         {"[ ]", 0, RNN_LANGUAGE_BRACKET, 0},
    {"$ $", 0, RNN_LANGUAGE_OTHER, 0},           {"$$ $$", 0, RNN_LANGUAGE_OTHER, 0},
    {"\\( \\)", 0, RNN_LANGUAGE_OTHER, 0},       {"\\[ \\]", 0, RNN_LANGUAGE_OTHER, 0},
    {"\\begin \\end", 0, RNN_LANGUAGE_OTHER, 0},
};

#define TEXT_GROUP 1 /* the name of { behind \text */

typedef enum mode {
    TEXT = 0,
    IN_COMMENT,
    IN_COMMAND,      /* behind a backslash */
    BEFORE_NAME,     /* behind \begin or \end */
    IN_NAME,         /* behind its brace */
    BEFORE_VERBATIM, /* behind \verb */
    IN_VERBATIM,
} mode;

typedef struct memory {
    mode mode;
    int dollar;      /* one stands before, and what follows decides */
    int text_group;  /* the command before makes a group of text */
    int inside_line; /* something but blanks stands before in this line */
    uint64_t backslash;
    char command[12];
    size_t letters;
    uint64_t name;
    uint32_t delimiter; /* of \verb */
} memory;

/* ---------------------------------------------------------------- mathematics */

static int is_mathematics(const rnn_opening *opening) {
    return opening->kind >= INLINE && opening->kind <= SQUARE_DISPLAY;
}

/* Which mathematics the character at hand is in; ENVIRONMENT: in none. */
static size_t mathematics(const rnn_structure *structure) {
    size_t depth;
    const rnn_opening *stack = rnn_structure_stack(structure, 0, &depth);
    for (; depth > 0; depth--) {
        const rnn_opening *opening = &stack[depth - 1];
        if (is_mathematics(opening))
            return opening->kind;
        if (opening->kind == ENVIRONMENT || (opening->kind == CURLY && opening->name == TEXT_GROUP))
            break;
    }
    return ENVIRONMENT;
}

static void end_paragraph(rnn_structure *structure) {
    size_t depth;
    const rnn_opening *stack = rnn_structure_stack(structure, 0, &depth);
    for (size_t i = 0; i < depth; i++)
        if (is_mathematics(&stack[i])) {
            rnn_structure_fail(structure, 0, i);
            return;
        }
}

/* Returns 1 if the character was the second of two dollars. */
static int take_after_dollar(rnn_structure *structure, memory *m, uint32_t code) {
    uint64_t first = rnn_structure_at(structure) - 1;
    int inside = mathematics(structure) == DISPLAY;
    m->dollar = 0;
    if (code == '$') {
        if (inside)
            rnn_structure_close(structure, DISPLAY, 0, first);
        else
            rnn_structure_open(structure, DISPLAY, 0, first);
        return 1;
    }
    if (code == RNN_LANGUAGE_END)
        return 0;
    /* One dollar ends no display: none that it could end is open. */
    if (inside)
        rnn_structure_close(structure, INLINE, 0, first);
    else
        rnn_structure_open(structure, INLINE, 0, first);
    return 0;
}

/* ------------------------------------------------------------------- commands */

static int is_command(const memory *m, const char *name) {
    return m->letters == strlen(name) && memcmp(m->command, name, m->letters) == 0;
}

static void end_command(memory *m) {
    m->mode = TEXT;
    if (is_command(m, "begin") || is_command(m, "end"))
        m->mode = BEFORE_NAME;
    else if (is_command(m, "verb"))
        m->mode = BEFORE_VERBATIM;
    m->text_group = is_command(m, "mbox") || is_command(m, "hbox") || is_command(m, "intertext") ||
                    (m->letters >= 4 && memcmp(m->command, "text", 4) == 0);
}

/* Returns 1 if the character was a part of the command. */
static int take_command(rnn_structure *structure, memory *m, uint32_t code) {
    if (rnn_language_is_letter(code)) {
        if (m->letters < sizeof m->command)
            m->command[m->letters] = (char)code;
        m->letters++;
        return 1;
    }
    if (m->letters > 0) {
        end_command(m);
        return 0;
    }
    m->mode = TEXT;
    if (code == '(' || code == '[')
        rnn_structure_open(structure, code == '(' ? ROUND_INLINE : SQUARE_DISPLAY, 0, m->backslash);
    else if (code == ')' || code == ']')
        rnn_structure_close(structure, code == ')' ? ROUND_INLINE : SQUARE_DISPLAY, 0,
                            m->backslash);
    return code != '\n' && code != RNN_LANGUAGE_END;
}

/* The name of an environment, and the brace before it. Returns 1 if the character was a
 * part of that. */
static int take_name(rnn_structure *structure, memory *m, uint32_t code) {
    if (m->mode == BEFORE_NAME) {
        if (code == ' ')
            return 1;
        m->mode = code == '{' ? IN_NAME : TEXT;
        m->name = RNN_LANGUAGE_NAME;
        return code == '{';
    }
    if (code == '}') {
        m->mode = TEXT;
        if (is_command(m, "begin"))
            rnn_structure_open(structure, ENVIRONMENT, m->name, m->backslash);
        else
            rnn_structure_close(structure, ENVIRONMENT, m->name, m->backslash);
        return 1;
    }
    if (code == '{' || code == '\\' || code == '\n' || code == RNN_LANGUAGE_END) {
        m->mode = TEXT; /* no name after all */
        return 0;
    }
    m->name = rnn_language_spell(m->name, code);
    return 1;
}

static void take_verbatim(memory *m, uint32_t code) {
    if (m->mode == BEFORE_VERBATIM) {
        m->delimiter = code;
        m->mode = IN_VERBATIM;
    } else if (code == m->delimiter || code == '\n') {
        m->mode = TEXT;
    }
    m->inside_line = code != '\n';
}

/* ----------------------------------------------------------------------- text */

static void take_text(rnn_structure *structure, memory *m, uint32_t code) {
    uint64_t at = rnn_structure_at(structure);
    int text_group = m->text_group;
    m->text_group = 0;
    if (code == '\\') {
        m->mode = IN_COMMAND;
        m->backslash = at;
        m->letters = 0;
    } else if (code == '%') {
        m->mode = IN_COMMENT;
    } else if (code == '{') {
        rnn_structure_open(structure, CURLY, text_group ? TEXT_GROUP : 0, at);
    } else if (code == '}') {
        size_t depth;
        const rnn_opening *stack = rnn_structure_stack(structure, 0, &depth);
        /* Both kinds of groups end alike: the innermost one does. */
        while (depth > 0 && stack[depth - 1].kind != CURLY)
            depth--;
        rnn_structure_close(structure, CURLY, depth > 0 ? stack[depth - 1].name : 0, at);
    } else if (code == '[') {
        rnn_structure_open(structure, SQUARE, 0, at);
    } else if (code == ']') {
        rnn_structure_close(structure, SQUARE, 0, at);
    } else if (code == '$') {
        if (mathematics(structure) == INLINE)
            rnn_structure_close(structure, INLINE, 0, at);
        else
            m->dollar = 1;
    }
}

static void take_line_break(rnn_structure *structure, memory *m) {
    if (!m->inside_line)
        end_paragraph(structure);
    m->inside_line = 0;
}

/* Returns 1 if the character means nothing more. */
static int take_special(rnn_structure *structure, memory *m, uint32_t code) {
    if (m->mode == IN_COMMAND && take_command(structure, m, code))
        return 1;
    if ((m->mode == BEFORE_NAME || m->mode == IN_NAME) && take_name(structure, m, code))
        return 1;
    if (m->mode == BEFORE_VERBATIM || m->mode == IN_VERBATIM) {
        take_verbatim(m, code);
        return 1;
    }
    if (m->mode == IN_COMMENT) {
        if (code == '\n') {
            m->mode = TEXT;
            m->inside_line = 0;
        }
        return 1;
    }
    return m->dollar && take_after_dollar(structure, m, code);
}

static void take(rnn_structure *structure, void *remembered, uint32_t code) {
    memory *m = remembered;
    if (take_special(structure, m, code))
        return;
    if (code == '\n') {
        m->text_group = 0;
        take_line_break(structure, m);
        return;
    }
    if (!rnn_language_is_blank(code))
        m->inside_line = 1;
    take_text(structure, m, code);
}

static int in_comment(const void *remembered) {
    return ((const memory *)remembered)->mode == IN_COMMENT;
}

const rnn_language rnn_language_latex = {
    "latex", kinds, sizeof kinds / sizeof kinds[0], 0, sizeof(memory), take, NULL, 0, in_comment,
};
