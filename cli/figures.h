/* SPDX-License-Identifier: MIT
 *
 * figures.h - numbers and paragraphs as people read them.
 */
#ifndef CLI_FIGURES_H
#define CLI_FIGURES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Room for one figure, so that several can stand in one printf. */
typedef struct figure {
    char text[32];
} figure;

figure figures_count(uint64_t number);  /* 1,115,394 */
figure figures_rate(double number);     /* 812, 12.3k, 4.56M */
figure figures_seconds(double seconds); /* 0.42 s, 12 s, 3 min 05 s, 2 h 07 min */
const char *figures_cell(int cell);     /* tanh, GRU, LSTM */
double figures_bits(double nats);       /* nats / ln 2 */

/* Prints text wrapped into lines of at most `width` columns, all but the first
 * indented, where `column` columns of the first are used already. Line breaks in
 * the text stay, also as empty lines between paragraphs. Ends with a newline. */
void figures_wrap(FILE *file, const char *text, size_t width, size_t indent, size_t column);

#endif
