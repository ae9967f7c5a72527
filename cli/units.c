/* SPDX-License-Identifier: MIT
 *
 * units.c - see units.h.
 */
#include "cli/units.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"

/* Digits up to `end`; 0 if there is anything else, or too much. */
static int read_number(const char **at, int *out) {
    int number = 0, digits = 0;
    for (; **at >= '0' && **at <= '9' && digits < 8; (*at)++, digits++)
        number = 10 * number + (**at - '0');
    *out = number;
    return digits > 0;
}

static int read_value(const char **at, float *out) {
    char *end;
    if (isspace((unsigned char)**at))
        return 0;
    double value = strtod(*at, &end);
    int read = end != *at && value >= -1 && value <= 1;
    *at = end;
    *out = (float)value;
    return read;
}

/* One unit of the list; `at` is then at its end. */
static int read_unit(const char **at, int with_values, rnn_clamp *out) {
    *out = (rnn_clamp){0};
    if (!read_number(at, &out->layer) || *(*at)++ != ':' || !read_number(at, &out->unit))
        return 0;
    return !with_values || (*(*at)++ == '=' && read_value(at, &out->value));
}

static const rnn_clamp *find(const rnn_clamp *units, size_t count, const rnn_clamp *same) {
    for (size_t i = 0; i < count; i++)
        if (units[i].layer == same->layer && units[i].unit == same->unit)
            return &units[i];
    return NULL;
}

static rnn_status read_list(rnn_clamp *units, size_t *count, const char *list, int with_values,
                            const char *option, rnn_error *error) {
    for (const char *at = list; *list; at++) {
        const char *begin = at;
        rnn_clamp *unit = &units[*count];
        if (!read_unit(&at, with_values, unit) || (*at != ',' && *at))
            return rnn_fail(
                error, RNN_ERR_RANGE, "--%s: '%.*s' is no unit%s; write LAYER:UNIT%s", option,
                (int)strcspn(begin, ","), begin, with_values ? " with a value" : "",
                with_values ? "=VALUE, both from 0 and the value from -1 to 1, as in 0:17=1"
                            : ", both from 0, as in 0:17");
        const rnn_clamp *before = with_values ? find(units, *count, unit) : NULL;
        if (before && before->value != unit->value)
            return rnn_fail(error, RNN_ERR_RANGE,
                            "--%s: unit %d:%d cannot be held at %g and at %g; give it one value",
                            option, unit->layer, unit->unit, (double)before->value,
                            (double)unit->value);
        *count += !before;
        if (!*at)
            break;
    }
    return RNN_OK;
}

rnn_status units_read(rnn_clamp **out, size_t *count, const char *list, int with_values,
                      const char *option, rnn_error *error) {
    size_t most = 1;
    for (const char *at = list; *at; at++)
        most += *at == ',';
    *count = 0;
    *out = rnn_allocate(most, sizeof **out);
    if (!*out)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for %zu units", most);
    rnn_status status = read_list(*out, count, list, with_values, option, error);
    if (status == RNN_OK)
        return RNN_OK;
    rnn_free(*out);
    *out = NULL;
    *count = 0;
    return status;
}
