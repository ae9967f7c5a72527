/* SPDX-License-Identifier: MIT
 *
 * language_json.c - JSON: objects, arrays, strings; and whether what was closed as a
 * whole can be parsed.
 *
 * A value is what lies between an outermost bracket and its own closing, one after
 * another in JSON Lines. A bracket where none can stand in a value, behind a number, say, begins
 * the next one: what was never closed does not swallow all that follows. A string ends with its
 * line at the latest.
 */
#include "structure/language.h"

#include "base/memory.h"
#include "formats/json.h"
#include "text/utf8.h"

enum { CURLY, SQUARE, STRING };

static const rnn_language_pair kinds[] = {{"{ }", 0, RNN_LANGUAGE_BRACKET, 0},
                                          {"[ ]", 0, RNN_LANGUAGE_BRACKET, 0},
                                          {"\" \"", 0, RNN_LANGUAGE_QUOTE, 0}};

/* Longer values are not kept, and count as such that cannot be parsed. */
#define LONGEST_VALUE ((size_t)1 << 20)

typedef struct memory {
    int in_string, escaped;
    int in_value, too_long;
    size_t nested;   /* brackets that are open in the value */
    uint32_t before; /* the last character outside of strings that is no space */
    void *value;     /* [bytes], as far as it has come */
    size_t bytes, room;
} memory;

static void keep(rnn_structure *structure, memory *m, uint32_t code) {
    char text[4];
    size_t count = 1;
    if (m->bytes >= LONGEST_VALUE)
        m->too_long = 1;
    if (m->too_long)
        return;
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

static void begin_value(memory *m) {
    m->in_value = 1;
    m->too_long = 0;
    m->nested = m->bytes = 0;
}

static void end_value(rnn_structure *structure, memory *m, int whole) {
    rnn_json json;
    rnn_json_start(&json, m->value, m->bytes);
    rnn_structure_value(structure,
                        whole && !m->too_long && rnn_json_skip(&json) && rnn_json_finish(&json));
    m->in_value = 0;
}

static int opens(uint32_t code) {
    return code == '{' || code == '[';
}

static void take_bracket(rnn_structure *structure, memory *m, uint32_t code) {
    uint64_t at = rnn_structure_at(structure);
    size_t kind = code == '{' || code == '}' ? CURLY : SQUARE;
    if (opens(code)) {
        rnn_structure_open(structure, kind, 0, at);
        m->nested++;
        return;
    }
    rnn_structure_close(structure, kind, 0, at);
    if (m->in_value && --m->nested == 0)
        end_value(structure, m, 1);
}

/* A bracket outside of strings, before it is kept. */
static void look_for_value(rnn_structure *structure, memory *m) {
    int fits = m->before == '[' || m->before == ',' || m->before == ':';
    if (m->in_value && !fits)
        end_value(structure, m, 0);
    if (!m->in_value)
        begin_value(m);
}

static void take(rnn_structure *structure, void *remembered, uint32_t code) {
    memory *m = remembered;
    if (code == RNN_LANGUAGE_END)
        return;
    int outside = !m->in_string;
    if (outside && opens(code))
        look_for_value(structure, m);
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
    if (outside && code != ' ' && code != '\t' && code != '\n' && code != '\r')
        m->before = code;
}

static void release(void *remembered) {
    memory *m = remembered;
    rnn_free(m->value);
}

const rnn_language rnn_language_json = {
    "json", kinds, sizeof kinds / sizeof kinds[0], 1, sizeof(memory), take, release, 0, NULL,
};
