/* SPDX-License-Identifier: MIT
 *
 * numbers.c - see numbers.h.
 */
#include "base/numbers.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* strtod and printf follow the locale that a host program has chosen; our text
 * has a point always. In some locales it takes several bytes. */
static const char *decimal_point(void) {
    const struct lconv *conventions = localeconv();
    return conventions && conventions->decimal_point[0] ? conventions->decimal_point : ".";
}

/* Reads a decimal number at the start of text; *end is where it stops. Refuses
 * what strtod knows beyond that: blanks, hexadecimal, inf, nan. */
static int read_real(const char *text, double *value, const char **end) {
    char digits[80];
    const char *point = decimal_point();
    size_t n = strspn(text, "+-.0123456789eE"), whole = strcspn(text, "."), more = strlen(point);
    if (n == 0 || n + more >= sizeof digits)
        return 0;
    if (whole >= n) { /* there is none */
        whole = n;
        more = 0;
    }
    /* What stands behind a second point is never read: strtod stops there. */
    size_t rest = n - whole - (more > 0);
    memcpy(digits, text, whole);
    memcpy(digits + whole, point, more);
    memcpy(digits + whole + more, text + n - rest, rest);
    digits[n - (more > 0) + more] = '\0';
    char *stop;
    *value = strtod(digits, &stop);
    if (stop == digits || !isfinite(*value))
        return 0;
    size_t used = (size_t)(stop - digits);
    *end = text + (used > whole && more > 0 ? used - more + 1 : used);
    return 1;
}

int rnn_numbers_read_real(const char *text, double *value) {
    const char *end;
    return read_real(text, value, &end) && *end == '\0';
}

int rnn_numbers_read_whole(const char *text, long long *value) {
    char *end;
    if (*text != '-' && *text != '+' && !isdigit((unsigned char)*text))
        return 0;
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (end != text && *end == '\0')
        return errno == 0;
    double real;
    if (!rnn_numbers_read_real(text, &real) || real != floor(real) ||
        fabs(real) > RNN_NUMBERS_EXACT)
        return 0;
    *value = (long long)real;
    return 1;
}

int rnn_numbers_read_duration(const char *text, double *seconds) {
    if (rnn_numbers_read_real(text, seconds))
        return 1;
    double total = 0;
    if (!*text)
        return 0;
    for (double unit, last = HUGE_VAL; *text; text++, last = unit) {
        double number;
        if (!isdigit((unsigned char)*text) && *text != '.')
            return 0;
        if (!read_real(text, &number, &text))
            return 0;
        switch (*text) {
        case 'd':
            unit = 86400;
            break;
        case 'h':
            unit = 3600;
            break;
        case 'm':
            unit = 60;
            break;
        case 's':
            unit = 1;
            break;
        default:
            return 0;
        }
        if (unit >= last)
            return 0;
        total += number * unit;
    }
    *seconds = total;
    return 1;
}

size_t rnn_numbers_print_real(double value, char *out, size_t room) {
    char digits[40];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    char *point = strstr(digits, decimal_point());
    if (point) {
        char *behind = point + strlen(decimal_point());
        *point = '.';
        memmove(point + 1, behind, strlen(behind) + 1);
    }
    return (size_t)snprintf(out, room, "%s", digits);
}

size_t rnn_numbers_print_duration(double seconds, char *out, size_t room) {
    if (seconds != floor(seconds) || seconds < 1 || seconds > RNN_NUMBERS_EXACT)
        return rnn_numbers_print_real(seconds, out, room);
    char parts[3][32] = {"", "", ""};
    long long whole = (long long)seconds;
    long long numbers[] = {whole / 3600, whole / 60 % 60, whole % 60};
    for (int i = 0; i < 3; i++)
        if (numbers[i] > 0)
            snprintf(parts[i], sizeof parts[i], "%lld%c", numbers[i], "hms"[i]);
    return (size_t)snprintf(out, room, "%s%s%s", parts[0], parts[1], parts[2]);
}
