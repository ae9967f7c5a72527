/* SPDX-License-Identifier: MIT
 *
 * language_json.c - JSON: objects, arrays, strings; and whether what was closed as a
 * whole can be parsed.
 *
 * A value is what lies between an outermost bracket and its own closing, one after
 * another in JSON Lines. A string ends with its line at the latest.
 */
#include "structure/language.h"

#include "base/memory.h"
#include "formats/json.h"
#include "text/utf8.h"

enum { CURLY, SQUARE, STRING };

static const rnn_language_pair kinds[] = {{"{ }", 0, RNN_LANGUAGE_BRACKET},
                                          {"[ ]", 0, RNN_LANGUAGE_BRACKET},
                                          {"\" \"", 0, RNN_LANGUAGE_QUOTE}};

typedef struct memory {
    int in_string, escaped;
    int in_value;
    void *value; /* [bytes], as far as it has come */
    size_t bytes, room;
} memory;

static void keep(rnn_structure *structure, memory *m, uint32_t code) {
    char text[4];
    size_t count = 1;
    if (code < RNN_LANGUAGE_BYTE)
        count = rnn_utf8_encode(code, text);
    else
        text[0] = (char)(code - RNN_LANGUAGE_BYTE);
    if (!rnn_grow(&m->value, &m->room, m->bytes + count, 1)) {
        rnn_structure_give_up(structure);
        m->in_value = 0;
        return;
    }
    for (size_t i = 0; i < count; i++)
        ((char *)m->value)[m->bytes++] = text[i];
}

static void take_string(rnn_structure *structure, memory *m, uint32_t code) {
    size_t depth;
    if (code == '\n') { /* not even an escaped one is in a string */
        rnn_structure_stack(structure, 0, &depth);
        if (depth > 0)
            rnn_structure_fail(structure, 0, depth - 1);
        m->in_string = m->escaped = 0;
    } else if (m->escaped) {
        m->escaped = 0;
    } else if (code == '\\') {
        m->escaped = 1;
    } else if (code == '"') {
        rnn_structure_close(structure, STRING, 0, rnn_structure_at(structure));
        m->in_string = 0;
    }
}

static void end_value(rnn_structure *structure, memory *m) {
    rnn_json json;
    rnn_json_start(&json, m->value, m->bytes);
    rnn_structure_value(structure, rnn_json_skip(&json) && rnn_json_finish(&json));
    m->in_value = 0;
    m->bytes = 0;
}

static void take_bracket(rnn_structure *structure, memory *m, uint32_t code) {
    uint64_t at = rnn_structure_at(structure);
    size_t depth, kind = code == '{' || code == '}' ? CURLY : SQUARE;
    if (code == '{' || code == '[') {
        rnn_structure_open(structure, kind, 0, at);
        return;
    }
    rnn_structure_close(structure, kind, 0, at);
    rnn_structure_stack(structure, 0, &depth);
    if (depth == 0 && m->in_value)
        end_value(structure, m);
}

static void take(rnn_structure *structure, void *remembered, uint32_t code) {
    memory *m = remembered;
    if (code == RNN_LANGUAGE_END)
        return;
    if (!m->in_value && !m->in_string && (code == '{' || code == '['))
        m->in_value = 1;
    if (m->in_value)
        keep(structure, m, code);
    if (m->in_string) {
        take_string(structure, m, code);
    } else if (code == '"') {
        rnn_structure_open(structure, STRING, 0, rnn_structure_at(structure));
        m->in_string = 1;
        m->escaped = 0;
    } else if (code == '{' || code == '}' || code == '[' || code == ']') {
        take_bracket(structure, m, code);
    }
}

static void release(void *remembered) {
    memory *m = remembered;
    rnn_free(m->value);
}

const rnn_language rnn_language_json = {
    "json", kinds, sizeof kinds / sizeof kinds[0], 1, sizeof(memory), take, release, 0, NULL,
};
