/* SPDX-License-Identifier: MIT
 *
 * language.h - what a scanner is made of: its kinds of pairs, and one function that is
 * told of each character and opens and closes them.
 *
 * Openings wait on stacks. Kinds of one layer enclose each other and share a stack;
 * those of different layers may cross, as #if and { do.
 */
#ifndef RNN_LANGUAGE_H
#define RNN_LANGUAGE_H

#include "structure/structure.h"

#define RNN_LANGUAGE_LAYERS 4

/* What a scanner is told where the text ends: no character. */
#define RNN_LANGUAGE_END 0x120000u
/* From here on: bytes that are not UTF-8, each a character by itself. */
#define RNN_LANGUAGE_BYTE 0x110000u

/* What a kind of pair is to a reader, whatever the language. */
typedef enum rnn_language_role {
    RNN_LANGUAGE_OTHER = 0,
    RNN_LANGUAGE_BRACKET,
    RNN_LANGUAGE_QUOTE,
    RNN_LANGUAGE_COMMENT,
} rnn_language_role;

typedef struct rnn_language_pair {
    const char *text;
    int layer;
    rnn_language_role role;
    int at_once; /* 1: its marks are decided by their own last character, whatever the delay */
} rnn_language_pair;

struct rnn_language {
    const char *name;
    const rnn_language_pair *kinds; /* [kind_count] */
    size_t kind_count;
    int has_values;
    size_t memory; /* bytes of what it remembers, zeroed where a text begins */
    /* `code` is the character at rnn_structure_at. */
    void (*take)(rnn_structure *structure, void *memory, uint32_t code);
    /* NULL, or releases what the memory owns. */
    void (*release)(void *memory);
    /* What a mark means is decided so many characters behind it. */
    size_t delay;
    /* NULL, or 1 in a comment that is no pair: one that its line ends. */
    int (*in_comment)(const void *memory);
};

extern const rnn_language rnn_language_c, rnn_language_latex, rnn_language_wiki, rnn_language_json,
    rnn_language_quotes;

typedef struct rnn_opening {
    uint64_t at;   /* of its first character */
    uint64_t name; /* it and its closing must have the same; 0 where there are no names */
    size_t kind;
} rnn_opening;

/* Characters before the one at hand. */
uint64_t rnn_structure_at(const rnn_structure *structure);
/* Of the language that the structure is of. */
int rnn_structure_in_comment(const rnn_structure *structure);

/* Something opens, or closes, at a character. A closing pairs with the innermost opening
 * of its kind and name; those inside of that fail. Without one it is stray. */
void rnn_structure_open(rnn_structure *structure, size_t kind, uint64_t name, uint64_t at);
void rnn_structure_close(rnn_structure *structure, size_t kind, uint64_t name, uint64_t at);

/* The openings that wait in a layer, outermost first; they stand until the next change. */
const rnn_opening *rnn_structure_stack(const rnn_structure *structure, int layer, size_t *depth);
/* Leaves only the outermost `depth` of them: the others fail, or count for nothing. */
void rnn_structure_fail(rnn_structure *structure, int layer, size_t depth);
void rnn_structure_forget(rnn_structure *structure, int layer, size_t depth);
/* How many openings of a kind wait. */
size_t rnn_structure_waiting(const rnn_structure *structure, size_t kind);

/* A value ended. */
void rnn_structure_value(rnn_structure *structure, int valid);
/* Memory was short: the text cannot be scanned. */
void rnn_structure_give_up(rnn_structure *structure);

/* A name, character by character, as a number: begin with RNN_LANGUAGE_NAME. Two names
 * that a text holds have the same number by a chance of 2^-64 (FNV-1a). */
#define RNN_LANGUAGE_NAME 14695981039346656037u
static inline uint64_t rnn_language_spell(uint64_t name, uint32_t code) {
    return (name ^ code) * 1099511628211u;
}
/* A whole name. */
static inline uint64_t rnn_language_spelled(const char *name) {
    uint64_t value = RNN_LANGUAGE_NAME;
    for (; *name; name++)
        value = rnn_language_spell(value, (unsigned char)*name);
    return value;
}

static inline int rnn_language_is_letter(uint32_t code) {
    return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
}

static inline int rnn_language_is_blank(uint32_t code) {
    return code == ' ' || code == '\t' || code == '\r';
}

#endif
