/* SPDX-License-Identifier: MIT
 *
 * arguments.c - see arguments.h.
 */
#include "cli/arguments.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MOST_ALIASES 64 /* that imply something, on one command line */

typedef struct match {
    arguments_part *part;
    const rnn_option *option;
    size_t row;
    const rnn_option_alias *alias;
    int negated;
} match;

typedef struct implication {
    arguments_part *part;
    const char *settings;
} implication;

static int find(arguments_part *parts, size_t part_count, const char *name, match *out) {
    for (size_t i = 0; i < part_count; i++) {
        size_t rows;
        const rnn_option *table = parts[i].table(&rows);
        out->option = rnn_options_find(table, rows, name, &out->alias, &out->negated);
        if (out->option) {
            out->part = &parts[i];
            out->row = (size_t)(out->option - table);
            return 1;
        }
    }
    return 0;
}

static rnn_status unknown(arguments_part *parts, size_t part_count, const char *written,
                          const char *name, rnn_error *error) {
    const rnn_option *nearest = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < part_count; i++) {
        size_t rows, distance;
        const rnn_option *table = parts[i].table(&rows);
        const rnn_option *option = rnn_options_nearest(table, rows, name, &distance);
        if (option && distance < least) {
            least = distance;
            nearest = option;
        }
    }
    if (nearest)
        return rnn_fail(error, RNN_ERR_RANGE, "unknown option '%.100s': did you mean --%s%s?",
                        written, strncmp(name, "no-", 3) == 0 ? "no-" : "", nearest->name);
    return rnn_fail(error, RNN_ERR_RANGE, "unknown option '%.100s'", written);
}

/* Sets one option from its text, with the message as the command line spells it. */
static rnn_status set(const match *found, const char *text, rnn_error *error) {
    rnn_error inner = {0};
    if (rnn_options_set(found->option, found->part->target, text, &inner) == RNN_OK) {
        found->part->given[found->row] = ARGUMENTS_GIVEN;
        return RNN_OK;
    }
    return rnn_fail(error, inner.code, "--%s", inner.message);
}

static rnn_status set_flag(const match *found, const char *value, rnn_error *error) {
    if (!found->negated)
        return set(found, value ? value : "1", error);
    if (value)
        return rnn_fail(error, RNN_ERR_RANGE, "--no-%s takes no value", found->option->name);
    return set(found, "0", error);
}

/* Reads the option at argv[*at] and moves *at to its last word. */
static rnn_status read_option(arguments_part *parts, size_t part_count, int argc, char **argv,
                              int *at, match *found, rnn_error *error) {
    const char *written = argv[*at], *bare = written + 1 + (written[1] == '-');
    char name[128];
    size_t length = strcspn(bare, "=");
    const char *value = bare[length] == '=' ? bare + length + 1 : NULL;
    if (length >= sizeof name)
        return rnn_fail(error, RNN_ERR_RANGE, "unknown option '%.100s...'", written);
    memcpy(name, bare, length);
    name[length] = '\0';
    if (!find(parts, part_count, name, found))
        return unknown(parts, part_count, written, name, error);
    if (found->option->type == RNN_OPTION_FLAG) {
        const char *next = *at + 1 < argc ? argv[*at + 1] : "";
        if (!value && written[1] != '-' && (strcmp(next, "0") == 0 || strcmp(next, "1") == 0)) {
            value = next;
            ++*at;
        }
        return set_flag(found, value, error);
    }
    if (!value) {
        char allowed[256];
        rnn_options_describe(found->option, allowed, sizeof allowed);
        if (*at + 1 >= argc)
            return rnn_fail(error, RNN_ERR_RANGE, "--%s needs a value: %s", found->option->name,
                            allowed);
        value = argv[++*at];
    }
    return set(found, value, error);
}

/* "schedule=cosine clip-norm=0", for those options that were not given. */
static rnn_status imply(const implication *what, rnn_error *error) {
    for (const char *at = what->settings; *at;) {
        char setting[128];
        size_t length = strcspn(at, " ");
        snprintf(setting, sizeof setting, "%.*s", (int)length, at);
        at += length + (at[length] == ' ');
        char *value = strchr(setting, '=');
        match found;
        *value++ = '\0';
        if (!find(what->part, 1, setting, &found) || found.part->given[found.row])
            continue;
        rnn_status status = set(&found, value, error);
        if (status != RNN_OK)
            return status;
        found.part->given[found.row] = ARGUMENTS_IMPLIED;
    }
    return RNN_OK;
}

static void fill(arguments_part *parts, size_t part_count) {
    for (size_t i = 0; i < part_count; i++) {
        size_t rows;
        const rnn_option *table = parts[i].table(&rows);
        rnn_options_fill(table, rows, parts[i].target);
        assert(rows <= ARGUMENTS_MOST_ROWS);
        memset(parts[i].given, ARGUMENTS_ABSENT, sizeof parts[i].given);
    }
}

rnn_status arguments_parse(arguments_part *parts, size_t part_count, int argc, char **argv,
                           size_t *count, rnn_error *error) {
    implication implications[MOST_ALIASES];
    size_t implied = 0;
    int options = 1;
    *count = 0;
    fill(parts, part_count);
    for (int i = 0; i < argc; i++) {
        char *word = argv[i];
        if (!options || word[0] != '-' || word[1] == '\0') {
            argv[(*count)++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            options = 0;
            continue;
        }
        match found;
        rnn_status status = read_option(parts, part_count, argc, argv, &i, &found, error);
        if (status != RNN_OK)
            return status;
        if (found.alias && found.alias->implies && implied < MOST_ALIASES)
            implications[implied++] = (implication){found.part, found.alias->implies};
    }
    for (size_t i = 0; i < implied; i++) {
        rnn_status status = imply(&implications[i], error);
        if (status != RNN_OK)
            return status;
    }
    return RNN_OK;
}

int arguments_given(const arguments_part *part, const char *name) {
    size_t rows;
    const rnn_option *table = part->table(&rows);
    const rnn_option *option = rnn_options_find(table, rows, name, NULL, NULL);
    return option && part->given[option - table] != ARGUMENTS_ABSENT;
}
