/* SPDX-License-Identifier: MIT
 *
 * options.c - see options.h.
 */
#include "base/options.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/numbers.h"

#define LONGEST_NAME 64

/* ------------------------------------------------------------------- names */

static int same_name(const char *a, const char *b) {
    for (; *a && *b; a++, b++)
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
            return 0;
    return *a == *b;
}

const rnn_option *rnn_options_find(const rnn_option *table, size_t count, const char *name,
                                   const rnn_option_alias **alias, int *negated) {
    if (alias)
        *alias = NULL;
    if (negated)
        *negated = 0;
    for (size_t i = 0; i < count; i++) {
        if (same_name(table[i].name, name))
            return &table[i];
        for (const rnn_option_alias *other = table[i].aliases; other && other->name; other++) {
            if (same_name(other->name, name)) {
                if (alias)
                    *alias = other;
                return &table[i];
            }
        }
    }
    if (negated && strncmp(name, "no", 2) == 0 && (name[2] == '-' || name[2] == '_')) {
        const rnn_option *option = rnn_options_find(table, count, name + 3, alias, NULL);
        if (option && option->type == RNN_OPTION_FLAG) {
            *negated = 1;
            return option;
        }
    }
    return NULL;
}

size_t rnn_options_distance(const char *a, const char *b) {
    size_t rows = strlen(a), columns = strlen(b);
    if (rows > LONGEST_NAME || columns > LONGEST_NAME)
        return LONGEST_NAME;
    size_t before[LONGEST_NAME + 1], last[LONGEST_NAME + 1], now[LONGEST_NAME + 1];
    for (size_t j = 0; j <= columns; j++)
        last[j] = j;
    memset(before, 0, sizeof before);
    for (size_t i = 1; i <= rows; i++) {
        now[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        memcpy(before, last, sizeof before);
        memcpy(last, now, sizeof last);
    }
    return last[columns];
}

/* A name that holds the other whole ("layers" in "num-layers") is a likely
 * meaning too, whatever its length. */
static size_t unlikeness(const char *known, const char *name) {
    size_t distance = rnn_options_distance(known, name);
    if (strlen(name) >= 3 && distance > 2 && strstr(known, name))
        distance = 2;
    return distance;
}

const rnn_option *rnn_options_nearest(const rnn_option *table, size_t count, const char *name,
                                      size_t *distance) {
    char dashed[LONGEST_NAME + 1];
    size_t length = strlen(name), least = SIZE_MAX;
    const rnn_option *nearest = NULL;
    if (length > LONGEST_NAME)
        return NULL;
    for (size_t i = 0; i <= length; i++)
        dashed[i] = name[i] == '_' ? '-' : name[i];
    const char *bare = strncmp(dashed, "no-", 3) == 0 ? dashed + 3 : dashed;
    for (size_t i = 0; i < count; i++) {
        if (table[i].marks & RNN_OPTION_HIDDEN)
            continue;
        size_t d = unlikeness(table[i].name, table[i].type == RNN_OPTION_FLAG ? bare : dashed);
        for (const rnn_option_alias *other = table[i].aliases; other && other->name; other++) {
            size_t e = unlikeness(other->name, dashed);
            if (strlen(other->name) > 2 && e < d)
                d = e;
        }
        if (d < least) {
            least = d;
            nearest = &table[i];
        }
    }
    if (least > 2 + length / 8 || least >= length)
        return NULL;
    *distance = least;
    return nearest;
}

/* ---------------------------------------------------------- flags and choices */

static int parse_flag(const char *text, int *value) {
    static const char *const words[] = {"0", "1", "no", "yes", "false", "true", "off", "on"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            *value = (int)(i % 2);
            return 1;
        }
    }
    return 0;
}

const char *rnn_options_choice(const rnn_option *option, size_t index, size_t *length) {
    const char *word = option->choices;
    for (; index > 0 && word; index--) {
        word = strchr(word, ' ');
        if (word)
            word++;
    }
    if (word)
        *length = strcspn(word, "| ");
    return word;
}

static int parse_choice(const rnn_option *option, const char *text, int *value) {
    size_t wanted = strlen(text);
    int place = 0;
    for (const char *word = option->choices; *word;) {
        size_t length = strcspn(word, "| ");
        if (length == wanted && memcmp(word, text, length) == 0) {
            *value = place;
            return 1;
        }
        word += length;
        if (*word == ' ')
            place++;
        if (*word)
            word++;
    }
    return 0;
}

/* ------------------------------------------------------------------ values */

#define FIELD(type, target, option) ((type *)(void *)((char *)(target) + (option)->offset))
#define VALUE(type, target, option)                                                                \
    (*(const type *)(const void *)((const char *)(target) + (option)->offset))

static int in_range(const rnn_option *option, double value) {
    if (!isfinite(value))
        return 0;
    if (value < option->min || (value == option->min && (option->marks & RNN_OPTION_ABOVE)))
        return 0;
    return value < option->max || (value == option->max && !(option->marks & RNN_OPTION_BELOW));
}

int rnn_options_is_auto(const rnn_option *option, const void *target) {
    if (!(option->marks & RNN_OPTION_AUTO))
        return 0;
    if (option->type == RNN_OPTION_INT64)
        return VALUE(int64_t, target, option) == RNN_AUTO;
    if (option->type == RNN_OPTION_REAL)
        return VALUE(double, target, option) == RNN_AUTO;
    return VALUE(int, target, option) == RNN_AUTO;
}

static void set_auto(const rnn_option *option, void *target) {
    if (option->type == RNN_OPTION_INT64)
        *FIELD(int64_t, target, option) = RNN_AUTO;
    else if (option->type == RNN_OPTION_REAL)
        *FIELD(double, target, option) = RNN_AUTO;
    else
        *FIELD(int, target, option) = RNN_AUTO;
}

static size_t append(char *out, size_t room, size_t used, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (used + i + 1 < room)
            out[used + i] = text[i];
    used += length;
    if (room > 0)
        out[used < room ? used : room - 1] = '\0';
    return used;
}

static size_t append_text(char *out, size_t room, size_t used, const char *text) {
    return append(out, room, used, text, strlen(text));
}

static size_t append_limit(char *out, size_t room, size_t used, double limit) {
    char digits[40];
    if (limit == floor(limit) && fabs(limit) < RNN_NUMBERS_EXACT)
        snprintf(digits, sizeof digits, "%.0f", limit);
    else
        rnn_numbers_print_real(limit, digits, sizeof digits);
    return append_text(out, room, used, digits);
}

static void describe_range(const rnn_option *option, const char *what, char *out, size_t room) {
    int above = (option->marks & RNN_OPTION_ABOVE) != 0, limited = option->max < HUGE_VAL;
    size_t used = append_text(out, room, 0, what);
    if (option->min == -HUGE_VAL)
        return;
    if (limited && !above && !(option->marks & RNN_OPTION_BELOW)) {
        used = append_text(out, room, used, " from ");
        used = append_limit(out, room, used, option->min);
        used = append_text(out, room, used, " to ");
        append_limit(out, room, used, option->max);
        return;
    }
    used = append_text(out, room, used, above ? " above " : " of at least ");
    used = append_limit(out, room, used, option->min);
    if (limited) {
        used = append_text(out, room, used,
                           option->marks & RNN_OPTION_BELOW ? " and below " : " and at most ");
        append_limit(out, room, used, option->max);
    }
}

void rnn_options_describe(const rnn_option *option, char *out, size_t room) {
    size_t used, length;
    if (option->marks & RNN_OPTION_AUTO) {
        used = append_text(out, room, 0, "auto or ");
        out += used < room ? used : room;
        room -= used < room ? used : room;
    }
    switch (option->type) {
    case RNN_OPTION_FLAG:
        append_text(out, room, 0, "yes or no");
        break;
    case RNN_OPTION_INT:
    case RNN_OPTION_INT64:
    case RNN_OPTION_UINT64:
        describe_range(option, "a whole number", out, room);
        break;
    case RNN_OPTION_REAL:
        describe_range(option, "a number", out, room);
        break;
    case RNN_OPTION_DURATION:
        append_text(out, room, 0, "a duration such as 90s, 3m or 1h30m");
        break;
    case RNN_OPTION_TEXT:
        append_text(out, room, 0, "text");
        break;
    case RNN_OPTION_CHOICE:
        used = append_text(out, room, 0, "one of ");
        for (size_t i = 0;; i++) {
            const char *word = rnn_options_choice(option, i, &length);
            if (!word)
                break;
            if (i > 0)
                used = append_text(out, room, used, ", ");
            used = append(out, room, used, word, length);
        }
        break;
    }
}

static rnn_status refuse(const rnn_option *option, const char *found, rnn_error *error) {
    char allowed[256];
    rnn_options_describe(option, allowed, sizeof allowed);
    return rnn_fail(error, RNN_ERR_RANGE, "%s must be %s, not '%.200s'", option->name, allowed,
                    found);
}

static int set_number(const rnn_option *option, void *target, const char *text) {
    long long whole = 0;
    double real = 0;
    if (option->type == RNN_OPTION_REAL || option->type == RNN_OPTION_DURATION) {
        int read = option->type == RNN_OPTION_REAL ? rnn_numbers_read_real(text, &real)
                                                   : rnn_numbers_read_duration(text, &real);
        if (!read || !in_range(option, real))
            return 0;
        *FIELD(double, target, option) = real;
        return 1;
    }
    if (!rnn_numbers_read_whole(text, &whole) || !in_range(option, (double)whole))
        return 0;
    if (option->type == RNN_OPTION_INT64) {
        *FIELD(int64_t, target, option) = whole;
    } else if (option->type == RNN_OPTION_UINT64) {
        if (whole < 0)
            return 0;
        *FIELD(uint64_t, target, option) = (uint64_t)whole;
    } else {
        if (whole > INT_MAX || whole < INT_MIN)
            return 0;
        *FIELD(int, target, option) = (int)whole;
    }
    return 1;
}

rnn_status rnn_options_set(const rnn_option *option, void *target, const char *text,
                           rnn_error *error) {
    int done = 0;
    if ((option->marks & RNN_OPTION_AUTO) && strcmp(text, "auto") == 0) {
        set_auto(option, target);
        return RNN_OK;
    }
    switch (option->type) {
    case RNN_OPTION_FLAG:
        done = parse_flag(text, FIELD(int, target, option));
        break;
    case RNN_OPTION_CHOICE:
        done = parse_choice(option, text, FIELD(int, target, option));
        break;
    case RNN_OPTION_TEXT:
        *FIELD(const char *, target, option) = text;
        done = 1;
        break;
    case RNN_OPTION_INT:
    case RNN_OPTION_INT64:
    case RNN_OPTION_UINT64:
    case RNN_OPTION_REAL:
    case RNN_OPTION_DURATION:
        done = set_number(option, target, text);
        break;
    }
    return done ? RNN_OK : refuse(option, text, error);
}

rnn_status rnn_options_check(const rnn_option *option, const void *target, rnn_error *error) {
    int fine = 1;
    size_t length;
    if (rnn_options_is_auto(option, target))
        return RNN_OK;
    switch (option->type) {
    case RNN_OPTION_FLAG:
        fine = VALUE(int, target, option) == 0 || VALUE(int, target, option) == 1;
        break;
    case RNN_OPTION_CHOICE:
        fine = VALUE(int, target, option) >= 0 &&
               rnn_options_choice(option, (size_t)VALUE(int, target, option), &length);
        break;
    case RNN_OPTION_INT:
        fine = in_range(option, VALUE(int, target, option));
        break;
    case RNN_OPTION_INT64:
        fine = in_range(option, (double)VALUE(int64_t, target, option));
        break;
    case RNN_OPTION_UINT64:
        fine = VALUE(uint64_t, target, option) <= INT64_MAX &&
               in_range(option, (double)VALUE(uint64_t, target, option));
        break;
    case RNN_OPTION_REAL:
    case RNN_OPTION_DURATION:
        fine = in_range(option, VALUE(double, target, option));
        break;
    case RNN_OPTION_TEXT:
        break;
    }
    if (fine)
        return RNN_OK;
    char found[64];
    rnn_options_print(option, target, found, sizeof found);
    return refuse(option, found, error);
}

size_t rnn_options_print(const rnn_option *option, const void *target, char *out, size_t room) {
    const char *text;
    size_t length;
    if (rnn_options_is_auto(option, target))
        return append_text(out, room, 0, "auto");
    switch (option->type) {
    case RNN_OPTION_CHOICE:
        text = VALUE(int, target, option) < 0
                   ? NULL
                   : rnn_options_choice(option, (size_t)VALUE(int, target, option), &length);
        if (text)
            return append(out, room, 0, text, length);
        return (size_t)snprintf(out, room, "%d", VALUE(int, target, option));
    case RNN_OPTION_FLAG:
    case RNN_OPTION_INT:
        return (size_t)snprintf(out, room, "%d", VALUE(int, target, option));
    case RNN_OPTION_INT64:
        return (size_t)snprintf(out, room, "%lld", (long long)VALUE(int64_t, target, option));
    case RNN_OPTION_UINT64:
        return (size_t)snprintf(out, room, "%llu",
                                (unsigned long long)VALUE(uint64_t, target, option));
    case RNN_OPTION_REAL:
        return rnn_numbers_print_real(VALUE(double, target, option), out, room);
    case RNN_OPTION_DURATION:
        return rnn_numbers_print_duration(VALUE(double, target, option), out, room);
    case RNN_OPTION_TEXT:
        text = VALUE(char *, target, option);
        return append_text(out, room, 0, text ? text : "");
    }
    return 0;
}

static size_t size_of(const rnn_option *option) {
    switch (option->type) {
    case RNN_OPTION_FLAG:
    case RNN_OPTION_INT:
    case RNN_OPTION_CHOICE:
        return sizeof(int);
    case RNN_OPTION_INT64:
    case RNN_OPTION_UINT64:
        return sizeof(int64_t);
    case RNN_OPTION_REAL:
    case RNN_OPTION_DURATION:
        return sizeof(double);
    case RNN_OPTION_TEXT:
        return sizeof(const char *);
    }
    return 0;
}

int rnn_options_equal(const rnn_option *option, const void *a, const void *b) {
    if (option->type == RNN_OPTION_TEXT) {
        const char *one = VALUE(char *, a, option), *other = VALUE(char *, b, option);
        return strcmp(one ? one : "", other ? other : "") == 0;
    }
    if (option->type == RNN_OPTION_REAL || option->type == RNN_OPTION_DURATION)
        return VALUE(double, a, option) == VALUE(double, b, option);
    return memcmp((const char *)a + option->offset, (const char *)b + option->offset,
                  size_of(option)) == 0;
}

void rnn_options_copy(const rnn_option *option, void *to, const void *from) {
    memcpy((char *)to + option->offset, (const char *)from + option->offset, size_of(option));
}

void rnn_options_fill(const rnn_option *table, size_t count, void *target) {
    for (size_t i = 0; i < count; i++)
        rnn_options_set(&table[i], target, table[i].fallback, NULL);
}
