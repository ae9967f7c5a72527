/* SPDX-License-Identifier: MIT
 *
 * character_alone.c - see character_alone.h.
 */
#include "inference/character_alone.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* What a symbol comes to in the first half, and how often it is what in the second. */
typedef struct tally {
    double expected;
    double count, sum; /* of characters; of their values */
} tally;

static int by_expectation(const void *a, const void *b) {
    double x = ((const tally *)a)->expected, y = ((const tally *)b)->expected;
    return (x > y) - (x < y);
}

/* 2 AUC - 1 over all pairs; symbols that expect the same tie. Sorts the tallies. */
static double score_yes(tally *of, size_t symbols) {
    double difference = 0, yes = 0, no = 0;
    qsort(of, symbols, sizeof *of, by_expectation);
    for (size_t i = 0, next; i < symbols; i = next) {
        double here = 0, not_here = 0;
        for (next = i; next < symbols && of[next].expected <= of[i].expected; next++) {
            here += of[next].sum;
            not_here += of[next].count - of[next].sum;
        }
        difference += here * no - not_here * yes;
        yes += here;
        no += not_here;
    }
    return yes > 0 && no > 0 ? difference / (yes * no) : 0;
}

static double correlate(const tally *of, size_t symbols, double squares) {
    double n = 0, x = 0, xx = 0, y = 0, xy = 0;
    for (size_t i = 0; i < symbols; i++) {
        n += of[i].count;
        x += of[i].count * of[i].expected;
        xx += of[i].count * of[i].expected * of[i].expected;
        y += of[i].sum;
        xy += of[i].sum * of[i].expected;
    }
    double of_x = n * xx - x * x, of_y = n * squares - y * y;
    return of_x > 0 && of_y > 0 ? (n * xy - x * y) / sqrt(of_x * of_y) : 0;
}

rnn_status rnn_character_alone_score(double *out, const uint16_t *text, uint64_t characters,
                                     size_t symbols, const uint8_t *values, int graded,
                                     rnn_error *error) {
    uint64_t half = characters / 2, i = 0;
    double all = 0, squares = 0;
    tally *of = rnn_allocate(symbols, sizeof *of);
    if (!of)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    for (; i < half; i++) {
        of[text[i]].count++;
        of[text[i]].sum += values[i];
        all += values[i];
    }
    for (size_t s = 0; s < symbols; s++) {
        of[s].expected = of[s].count > 0 ? of[s].sum / of[s].count
                         : half > 0      ? all / (double)half
                                         : 0;
        of[s].count = of[s].sum = 0;
    }
    for (; i < characters; i++) {
        of[text[i]].count++;
        of[text[i]].sum += values[i];
        squares += (double)values[i] * values[i];
    }
    *out = graded ? correlate(of, symbols, squares) : score_yes(of, symbols);
    rnn_free(of);
    return RNN_OK;
}
