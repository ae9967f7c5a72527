/* SPDX-License-Identifier: MIT
 *
 * figures.c - see figures.h.
 */
#include "cli/figures.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

figure figures_count(uint64_t number) {
    figure out;
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out.text[used++] = ',';
        out.text[used++] = digits[i];
    }
    out.text[used] = '\0';
    return out;
}

figure figures_rate(double number) {
    figure out;
    static const char *const units[] = {"", "k", "M", "G", "T"};
    size_t unit = 0;
    if (!isfinite(number) || number < 0)
        number = 0;
    while (number >= 999.5 && unit < 4) {
        number /= 1000;
        unit++;
    }
    int decimals = unit == 0 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
    snprintf(out.text, sizeof out.text, "%.*f%s", decimals, number, units[unit]);
    return out;
}

figure figures_seconds(double seconds) {
    figure out;
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e12) {
        snprintf(out.text, sizeof out.text, "?");
    } else if (seconds < 9.95) {
        snprintf(out.text, sizeof out.text, "%.*f s", seconds < 0.995 ? 2 : 1, seconds);
    } else {
        uint64_t whole = (uint64_t)(seconds + 0.5);
        if (whole < 60)
            snprintf(out.text, sizeof out.text, "%d s", (int)whole);
        else if (whole < 3600)
            snprintf(out.text, sizeof out.text, "%d min %02d s", (int)(whole / 60),
                     (int)(whole % 60));
        else
            snprintf(out.text, sizeof out.text, "%" PRIu64 " h %02d min", whole / 3600,
                     (int)(whole / 60 % 60));
    }
    return out;
}

const char *figures_cell(int cell) {
    static const char *const cells[] = {"tanh", "GRU", "LSTM"};
    return cells[cell];
}

double figures_bits(double nats) {
    return nats / 0.69314718055994530942;
}

void figures_wrap(FILE *file, const char *text, size_t width, size_t indent, size_t column) {
    int empty = 1; /* no word stands in this line yet */
    while (*text) {
        if (*text == '\n') {
            fputc('\n', file);
            column = 0;
            empty = 1;
            text++;
            continue;
        }
        if (*text == ' ') {
            text++;
            continue;
        }
        size_t length = strcspn(text, " \n");
        if (!empty && column + 1 + length > width) {
            fputc('\n', file);
            column = 0;
            empty = 1;
        }
        if (empty && column < indent) {
            fprintf(file, "%*s", (int)(indent - column), "");
            column = indent;
        }
        if (!empty) {
            fputc(' ', file);
            column++;
        }
        fwrite(text, 1, length, file);
        column += length;
        empty = 0;
        text += length;
    }
    fputc('\n', file);
}
