/* SPDX-License-Identifier: MIT
 *
 * options.h - settings as rows of a table over a struct.
 *
 * One row says a setting's name, type, range, default and help, and at which
 * offset of a struct its value lies. Parsing, help, manual pages, completions,
 * the log and the resume file are all made from the rows, so none can drift.
 */
#ifndef RNN_OPTIONS_H
#define RNN_OPTIONS_H

#include <stddef.h>

#include "base/status.h"

typedef enum rnn_option_type {
    RNN_OPTION_FLAG,     /* int, 0 or 1 */
    RNN_OPTION_INT,      /* int */
    RNN_OPTION_INT64,    /* int64_t */
    RNN_OPTION_UINT64,   /* uint64_t, at most 2^63 - 1: what any JSON reader holds */
    RNN_OPTION_REAL,     /* double, finite */
    RNN_OPTION_DURATION, /* double, seconds; written 90, 90s, 3m or 1h30m */
    RNN_OPTION_CHOICE,   /* int: the place among the choices */
    RNN_OPTION_TEXT,     /* const char *, borrowed, never NULL once filled */
} rnn_option_type;

/* Another name for an option, and what it brings with it. */
typedef struct rnn_option_alias {
    const char *name;    /* as rnn_option.name */
    const char *implies; /* "schedule=cosine clip-norm=0": set too unless given; NULL: nothing */
} rnn_option_alias;

enum {
    RNN_OPTION_ABOVE = 1,     /* the value must be more than min, not equal */
    RNN_OPTION_BELOW = 2,     /* the value must be less than max, not equal */
    RNN_OPTION_RESUMABLE = 4, /* may change when a run is resumed */
    RNN_OPTION_HIDDEN = 8,    /* only for the peers' users: not in the help */
    RNN_OPTION_FILE = 16,     /* text that names a file or directory */
    RNN_OPTION_AUTO = 32,     /* numbers and choices: may be RNN_AUTO (rnn.h), written "auto" */
};

typedef struct rnn_option {
    const char *name; /* "hidden-size": words joined by dashes, none in front */
    rnn_option_type type;
    size_t offset;                   /* of the value in the struct */
    const char *fallback;            /* the default, as rnn_options_set reads it; a number
                                      * may have none: "" */
    double min, max;                 /* of numbers; max HUGE_VAL: no limit */
    unsigned marks;                  /* RNN_OPTION_ABOVE, ... */
    const char *choices;             /* "tanh|rnn gru lstm": in order; | parts synonyms */
    const char *metavar;             /* "N": stands for the value in help */
    const char *group;               /* heading in help */
    const char *help;                /* a line or two, without a full stop */
    const rnn_option_alias *aliases; /* ended by a NULL name; NULL: none */
} rnn_option;

/* Finds a row by its name or an alias of it, with - or _ between the words and
 * no dashes in front. "no-NAME" finds a flag and sets *negated. *alias is the
 * alias that was met, else NULL. alias and negated may be NULL. */
const rnn_option *rnn_options_find(const rnn_option *table, size_t count, const char *name,
                                   const rnn_option_alias **alias, int *negated);

/* The row whose name (or alias) is most like a misspelt one, if any is near;
 * *distance is how far it is, to compare with other tables'. */
const rnn_option *rnn_options_nearest(const rnn_option *table, size_t count, const char *name,
                                      size_t *distance);

/* How many slips of a finger (a letter too many, missing, wrong, or two swapped)
 * lie between two words, at most 64. */
size_t rnn_options_distance(const char *a, const char *b);

/* Reads a value from text into the struct; on failure the struct is untouched.
 * RNN_ERR_RANGE with a message that begins with the option's name. A text option
 * keeps the pointer. */
rnn_status rnn_options_set(const rnn_option *option, void *target, const char *text,
                           rnn_error *error);

/* Checks a value that did not come through rnn_options_set. RNN_ERR_RANGE. */
rnn_status rnn_options_check(const rnn_option *option, const void *target, rnn_error *error);

/* Writes the value as rnn_options_set would read it back, exactly; as snprintf,
 * returns the length that it has without the NUL, whatever the room. */
size_t rnn_options_print(const rnn_option *option, const void *target, char *out, size_t room);

/* 1 if the option may be RNN_AUTO, and is. */
int rnn_options_is_auto(const rnn_option *option, const void *target);

/* 1 if both structs hold the same value. */
int rnn_options_equal(const rnn_option *option, const void *a, const void *b);

/* Copies the value. */
void rnn_options_copy(const rnn_option *option, void *to, const void *from);

/* Fills a struct with the defaults of a table; what has none stays as it is. */
void rnn_options_fill(const rnn_option *table, size_t count, void *target);

/* What is allowed, in words: "a whole number from 1 to 65536". */
void rnn_options_describe(const rnn_option *option, char *out, size_t room);

/* The words of a choice one by one: the canonical one of the place `index`, with
 * its length; NULL behind the last. */
const char *rnn_options_choice(const rnn_option *option, size_t index, size_t *length);

#endif
