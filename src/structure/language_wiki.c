/* SPDX-License-Identifier: MIT
 *
 * language_wiki.c - MediaWiki: links, templates, headings, emphasis, tags, comments.
 *
 * Headings and emphasis cannot leave their line and may cross the rest. Of a run of
 * brackets each two are one; a run of apostrophes is italic (2), bold (3 or 4) or both
 * (5). Tags pair by name; what <nowiki>, <math>, <pre> and <source> hold is plain. A tag
 * ends in its own line. Entities (&lt;) are text.
 */
#include "structure/language.h"

enum { LINK, TEMPLATE, HEADING, ITALIC, BOLD, TAG, COMMENT };
enum { NESTED, IN_HEADING, IN_ITALIC, IN_BOLD };

static const rnn_language_pair kinds[] = {
    {"[[ ]]", NESTED, RNN_LANGUAGE_BRACKET, 0},    {"{{ }}", NESTED, RNN_LANGUAGE_BRACKET, 0},
    {"== ==", IN_HEADING, RNN_LANGUAGE_OTHER, 0},  {"'' ''", IN_ITALIC, RNN_LANGUAGE_OTHER, 0},
    {"''' '''", IN_BOLD, RNN_LANGUAGE_OTHER, 0},   {"<tag> </tag>", NESTED, RNN_LANGUAGE_OTHER, 1},
    {"<!-- -->", NESTED, RNN_LANGUAGE_COMMENT, 1},
};

typedef enum mode {
    TEXT = 0,
    BEHIND_ANGLE, /* "<" */
    IN_BANG,      /* "<!", and a dash */
    IN_NAME,      /* "<name" or "</name" */
    IN_TAG,       /* what stands behind a name */
    IN_COMMENT,
} mode;

typedef struct memory {
    mode mode;
    uint32_t run; /* a character that is repeated */
    size_t length;
    uint64_t run_at;
    int line_start;  /* of the run: nothing stands before it in its line */
    int inside_line; /* something stands before in this line */
    size_t last;     /* a run of = that nothing but blanks has followed */
    uint64_t last_at;
    uint64_t angle;       /* where a tag began */
    int closing;          /* it begins with "</" */
    uint64_t name, plain; /* of the tag; of the one whose contents are plain, or 0 */
    uint32_t before;      /* in a tag or a comment */
    size_t dashes;        /* in a comment, in a row */
} memory;

/* ----------------------------------------------------------------------- runs */

static void toggle(rnn_structure *structure, size_t kind, uint64_t at) {
    if (rnn_structure_waiting(structure, kind) > 0)
        rnn_structure_close(structure, kind, 0, at);
    else
        rnn_structure_open(structure, kind, 0, at);
}

static void end_run(rnn_structure *structure, memory *m) {
    uint32_t run = m->run;
    m->run = 0;
    if (run == '\'') {
        if (m->length == 2 || m->length >= 5)
            toggle(structure, ITALIC, m->run_at);
        if (m->length >= 3)
            toggle(structure, BOLD, m->run_at);
    } else if (run == '=') {
        if (m->length >= 2 && m->line_start) {
            rnn_structure_open(structure, HEADING, m->length, m->run_at);
        } else {
            m->last = m->length;
            m->last_at = m->run_at;
        }
    } else if (run) {
        size_t kind = run == '[' || run == ']' ? LINK : TEMPLATE;
        for (size_t i = 0; i + 1 < m->length; i += 2)
            if (run == '[' || run == '{')
                rnn_structure_open(structure, kind, 0, m->run_at + i);
            else
                rnn_structure_close(structure, kind, 0, m->run_at + i);
    }
}

static void end_line(rnn_structure *structure, memory *m) {
    if (m->last > 0 && rnn_structure_waiting(structure, HEADING) > 0) {
        size_t depth;
        const rnn_opening *heading = rnn_structure_stack(structure, IN_HEADING, &depth);
        if (heading[depth - 1].name == m->last)
            rnn_structure_close(structure, HEADING, m->last, m->last_at);
    }
    for (int layer = IN_HEADING; layer <= IN_BOLD; layer++)
        rnn_structure_fail(structure, layer, 0);
    m->last = 0;
    m->inside_line = 0;
}

static int repeats(uint32_t code) {
    return code == '[' || code == ']' || code == '{' || code == '}' || code == '\'' || code == '=';
}

static void take_text(rnn_structure *structure, memory *m, uint32_t code) {
    if (m->run && code == m->run) {
        m->length++;
        return;
    }
    end_run(structure, m);
    if (code == '\n') {
        end_line(structure, m);
        return;
    }
    if (!rnn_language_is_blank(code) && code != RNN_LANGUAGE_END)
        m->last = 0;
    if (repeats(code)) {
        m->run = code;
        m->length = 1;
        m->run_at = rnn_structure_at(structure);
        m->line_start = !m->inside_line;
    } else if (code == '<') {
        m->mode = BEHIND_ANGLE;
        m->angle = rnn_structure_at(structure);
    }
    m->inside_line = 1;
}

/* ----------------------------------------------------------------------- tags */

static int is_one_of(uint64_t name, const char *const *names) {
    for (; *names; names++)
        if (name == rnn_language_spelled(*names))
            return 1;
    return 0;
}

static void end_tag(rnn_structure *structure, memory *m) {
    static const char *const single[] = {"br", "hr", "img", "wbr", "references", NULL};
    static const char *const plain[] = {"nowiki", "math", "pre", "source", NULL};
    m->mode = TEXT;
    if (m->plain && !(m->closing && m->name == m->plain))
        return;
    m->plain = 0;
    if (m->closing) {
        rnn_structure_close(structure, TAG, m->name, m->angle);
    } else if (m->before != '/' && !is_one_of(m->name, single)) {
        rnn_structure_open(structure, TAG, m->name, m->angle);
        if (is_one_of(m->name, plain))
            m->plain = m->name;
    }
}

static uint32_t lower(uint32_t code) {
    return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
}

/* Returns 1 if the character was a part of the tag. */
static int take_tag(rnn_structure *structure, memory *m, uint32_t code) {
    int first = m->mode == BEHIND_ANGLE;
    if (first && code == '!' && !m->plain) {
        m->mode = IN_BANG;
        m->dashes = 0;
        return 1;
    }
    if (first) {
        m->closing = code == '/';
        m->name = RNN_LANGUAGE_NAME;
        m->before = 0;
        m->mode = rnn_language_is_letter(code) || m->closing ? IN_NAME : TEXT;
        if (m->closing)
            return 1;
    }
    if (m->mode == TEXT || code == '<' || code == '\n' || code == RNN_LANGUAGE_END) {
        m->mode = TEXT;
        return 0;
    }
    if (code == '>') {
        end_tag(structure, m);
    } else if (m->mode == IN_NAME &&
               (rnn_language_is_letter(code) || (code >= '0' && code <= '9'))) {
        m->name = rnn_language_spell(m->name, lower(code));
    } else {
        m->mode = IN_TAG;
    }
    m->before = code;
    return 1;
}

static int take_bang(rnn_structure *structure, memory *m, uint32_t code) {
    if (code != '-') {
        m->mode = TEXT;
        return 0;
    }
    if (++m->dashes == 2) {
        rnn_structure_open(structure, COMMENT, 0, m->angle);
        m->mode = IN_COMMENT;
        m->dashes = 0;
    }
    return 1;
}

static void take_comment(rnn_structure *structure, memory *m, uint32_t code) {
    if (code == '>' && m->dashes >= 2) {
        rnn_structure_close(structure, COMMENT, 0, rnn_structure_at(structure) - 2);
        m->mode = TEXT;
    }
    m->dashes = code == '-' ? m->dashes + 1 : 0;
}

static void take(rnn_structure *structure, void *remembered, uint32_t code) {
    memory *m = remembered;
    if (m->mode == IN_COMMENT) {
        take_comment(structure, m, code);
        return;
    }
    if (m->mode == IN_BANG && take_bang(structure, m, code))
        return;
    if (m->mode != TEXT && take_tag(structure, m, code))
        return;
    if (!m->plain) {
        take_text(structure, m, code);
    } else if (code == '<') {
        m->mode = BEHIND_ANGLE;
        m->angle = rnn_structure_at(structure);
    }
}

const rnn_language rnn_language_wiki = {
    "wiki", kinds, sizeof kinds / sizeof kinds[0], 0, sizeof(memory), take, NULL, 1, NULL,
};
