/* SPDX-License-Identifier: MIT
 *
 * discounts.c - see discounts.h.
 */
#include "ngram/discounts.h"

#include <math.h>

#include "base/memory.h"

#define LEVELS  (RNN_PLACES_MOST_DEPTH + 1)
#define CLASSES RNN_CONTEXTS_CLASSES
/* Steps of the fit: Adam with a rate that falls to zero. More change the loss of no
 * text in the fourth digit. */
#define STEPS 60
#define RATE  0.15
#define BETA1 0.9
#define BETA2 0.95

/* A prediction's counts, those of all contexts one after another. */
typedef struct record {
    size_t first;
    int levels;
} record;

typedef struct fit {
    record *records;
    size_t count;
    rnn_counts *counts;
    size_t used, capacity;
    int symbols;
    /* A discount of class i is i + 1 times the logistic function of its place. */
    double places[LEVELS][CLASSES];
    double gradient[LEVELS][CLASSES], first[LEVELS][CLASSES], second[LEVELS][CLASSES];
} fit;

rnn_discounts rnn_discounts_usual(void) {
    rnn_discounts usual;
    for (int d = 0; d < LEVELS; d++) {
        usual.of[d][0] = 0.7;
        usual.of[d][1] = 1.2;
        usual.of[d][2] = 1.6;
        usual.of[d][3] = 1.9;
    }
    return usual;
}

/* One level of rnn_discounts_apply; *left is the share that the shorter context has. */
static double interpolate(const double *discounts, const rnn_counts *counts, double shorter,
                          double *left) {
    double mass = 0, own = 0;
    for (int i = 0; i < CLASSES; i++)
        mass += discounts[i] * counts->of[i];
    if (counts->symbol > 0)
        own = counts->symbol - discounts[rnn_contexts_class(counts->symbol)];
    *left = mass / counts->total;
    return own / counts->total + *left * shorter;
}

double rnn_discounts_apply(const rnn_discounts *discounts, const rnn_counts *counts, int levels,
                           int symbols) {
    double p = 1.0 / symbols, left;
    for (int d = 0; d < levels; d++)
        p = interpolate(discounts->of[d], &counts[d], p, &left);
    return p;
}

/* ------------------------------------------------------------------ fitting */

static rnn_discounts discounts_at(const fit *f) {
    rnn_discounts out;
    for (int d = 0; d < LEVELS; d++)
        for (int i = 0; i < CLASSES; i++)
            out.of[d][i] = (i + 1) / (1 + exp(-f->places[d][i]));
    return out;
}

/* Adds the gradient of one prediction's loss by the discounts. */
static void add_gradient(fit *f, const rnn_discounts *at, const record *of) {
    const rnn_counts *counts = f->counts + of->first;
    double shorter[LEVELS], left[LEVELS], p = 1.0 / f->symbols;
    for (int d = 0; d < of->levels; d++) {
        shorter[d] = p;
        p = interpolate(at->of[d], &counts[d], p, &left[d]);
    }
    double down = -1 / p;
    for (int d = of->levels - 1; d >= 0; d--) {
        double share = down / counts[d].total;
        for (int i = 0; i < CLASSES; i++)
            f->gradient[d][i] += share * shorter[d] * counts[d].of[i];
        if (counts[d].symbol > 0)
            f->gradient[d][rnn_contexts_class(counts[d].symbol)] -= share;
        down *= left[d];
    }
}

/* One step of Adam by the places. `usual` draws them back as much as a normal prior of
 * deviation 1 does. */
static void step(fit *f, const fit *usual, int n) {
    rnn_discounts at = discounts_at(f);
    double rate = RATE * (1 - (double)n / STEPS);
    for (int d = 0; d < LEVELS; d++)
        for (int i = 0; i < CLASSES; i++)
            f->gradient[d][i] = 0;
    for (size_t r = 0; r < f->count; r++)
        add_gradient(f, &at, &f->records[r]);
    for (int d = 0; d < LEVELS; d++) {
        for (int i = 0; i < CLASSES; i++) {
            double share = at.of[d][i] / (i + 1);
            double g = f->gradient[d][i] * at.of[d][i] * (1 - share) +
                       (f->places[d][i] - usual->places[d][i]);
            double *m = &f->first[d][i], *v = &f->second[d][i];
            *m = BETA1 * *m + (1 - BETA1) * g;
            *v = BETA2 * *v + (1 - BETA2) * g * g;
            double mean = *m / (1 - pow(BETA1, n + 1)), square = *v / (1 - pow(BETA2, n + 1));
            f->places[d][i] -= rate * mean / (sqrt(square) + 1e-9);
        }
    }
}

static int remember(fit *f, const rnn_contexts *contexts, const int32_t *symbols, size_t count) {
    for (size_t i = 1; i < count; i++) {
        if (!rnn_grow((void **)&f->counts, &f->capacity, f->used + LEVELS, sizeof *f->counts))
            return 0;
        int levels = rnn_contexts_walk(contexts, symbols, i, symbols[i], f->counts + f->used);
        f->records[f->count++] = (record){f->used, levels};
        f->used += (size_t)levels;
    }
    return 1;
}

rnn_status rnn_discounts_fit(rnn_discounts *out, const rnn_contexts *contexts,
                             const int32_t *symbols, size_t count, rnn_error *error) {
    fit f = {.symbols = contexts->symbols};
    *out = rnn_discounts_usual();
    for (int d = 0; d < LEVELS; d++)
        for (int i = 0; i < CLASSES; i++)
            f.places[d][i] = log(out->of[d][i] / (i + 1 - out->of[d][i]));
    fit usual = f;
    f.records = rnn_allocate(count, sizeof *f.records);
    int remembered = f.records && remember(&f, contexts, symbols, count);
    for (int n = 0; remembered && n < STEPS; n++)
        step(&f, &usual, n);
    *out = discounts_at(&f);
    rnn_free(f.records);
    rnn_free(f.counts);
    if (!remembered)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to fit discounts");
    return RNN_OK;
}
