/* SPDX-License-Identifier: MIT
 *
 * association.c - see association.h.
 *
 * Characters come one by one and are gathered into blocks, units' activations one byte each
 * and one unit after another. Of a block, the places where a property holds are listed once,
 * for each shift; each unit then counts its activations at them. What is counted fits into
 * the nearest cache while a unit is at it.
 */
#include "inference/association.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"

#define STEPS RNN_ASSOCIATION_STEPS
#define BLOCK 4096 /* characters; a place in one fits into 16 bits */
#define ROWS  64   /* characters that are turned into bytes at once: a cache line */
/* Between two units' bytes: not a power of two, or they would share a few cache lines. */
#define STRIDE (BLOCK + ROWS)

/* A property at a shift. */
typedef struct column {
    const uint8_t *values; /* of the half at hand, [characters of it] */
    uint64_t shift;
    int wanted; /* yes or no: the value that is rarer, whose places are listed */
    uint32_t count;
    union {
        uint16_t places[BLOCK];
        uint8_t graded[BLOCK];
    } of;
} column;

struct rnn_association {
    rnn_association_plan plan;
    rnn_threads *threads;
    uint8_t *has;   /* [properties] */
    size_t turns;   /* shifts + 1 */
    size_t columns; /* of properties that have scores */
    size_t yes;     /* of them, those of yes or no: they come first */
    size_t *first;  /* [properties]: a property's column of shift 0 */
    column *column; /* [columns] */
    float *rows;    /* [ROWS][units] */
    uint8_t *block; /* [units][STRIDE] */
    size_t held, in_block;
    uint64_t at;
    size_t half;
    uint32_t *all;      /* [units][STEPS] */
    uint32_t *counts;   /* [units][yes][STEPS]: where the wanted value is */
    uint64_t *products; /* [units][columns - yes] */
    float *scores;      /* [2][columns][units] */
};

static uint64_t begin_of(const rnn_association *self, size_t half) {
    return half == 0 ? 0 : self->plan.characters / 2;
}

static uint64_t length_of(const rnn_association *self, size_t half) {
    uint64_t first = self->plan.characters / 2;
    return half == 0 ? first : self->plan.characters - first;
}

/* ------------------------------------------------------------------ beginning */

static int changes_enough(const rnn_association *self, size_t property) {
    const uint8_t *values = self->plan.values + property * self->plan.characters;
    for (size_t half = 0; half < 2; half++) {
        uint64_t begin = begin_of(self, half), end = begin + length_of(self, half), changes = 0;
        for (uint64_t i = begin + 1; i < end && changes < RNN_ASSOCIATION_CHANGES; i++)
            changes += values[i] != values[i - 1];
        if (changes < RNN_ASSOCIATION_CHANGES)
            return 0;
    }
    return 1;
}

/* Turns are spread over the half, none of them less than three quarters of their distance
 * from where it began; at random within that, lest a text with a period of its own fit. */
static uint64_t turn(const rnn_association *self, size_t half, size_t shift) {
    if (shift == 0)
        return 0;
    double u = rnn_random_uniform(self->plan.seed, RNN_RANDOM_SHIFTS, half, shift);
    double share = ((double)shift + u / 2 - 0.25) / (double)self->turns;
    return (uint64_t)(share * (double)length_of(self, half));
}

static void begin_half(rnn_association *self, size_t half) {
    const rnn_association_plan *plan = &self->plan;
    uint64_t length = length_of(self, half);
    self->half = half;
    for (size_t p = 0; p < plan->properties; p++) {
        const uint8_t *values = plan->values + p * plan->characters + begin_of(self, half);
        uint64_t sum = 0;
        if (!self->has[p])
            continue;
        for (uint64_t i = 0; i < length && !plan->graded[p]; i++)
            sum += values[i];
        for (size_t k = 0; k < self->turns; k++) {
            column *c = &self->column[self->first[p] + k];
            c->values = values;
            c->shift = turn(self, half, k);
            c->wanted = 2 * sum <= length;
        }
    }
    memset(self->all, 0, plan->units * STEPS * sizeof *self->all);
    memset(self->counts, 0, plan->units * self->yes * STEPS * sizeof *self->counts);
    memset(self->products, 0, plan->units * (self->columns - self->yes) * sizeof *self->products);
}

static void lay_out(rnn_association *self) {
    for (int graded = 0; graded < 2; graded++) {
        for (size_t p = 0; p < self->plan.properties; p++) {
            if (graded == 0)
                self->has[p] = (uint8_t)changes_enough(self, p);
            if (!self->has[p] || (self->plan.graded[p] != 0) != graded)
                continue;
            self->first[p] = self->columns;
            self->columns += self->turns;
        }
        if (graded == 0)
            self->yes = self->columns;
    }
}

static rnn_status reserve(rnn_association *self, rnn_error *error) {
    const rnn_association_plan *plan = &self->plan;
    self->has = rnn_allocate(plan->properties, 1);
    self->first = rnn_allocate(plan->properties, sizeof *self->first);
    if (self->has && self->first) {
        lay_out(self);
        self->column = rnn_allocate(self->columns, sizeof *self->column);
        self->rows = rnn_allocate(plan->units * ROWS, sizeof *self->rows);
        self->block = rnn_allocate(plan->units, STRIDE);
        self->all = rnn_allocate(plan->units * STEPS, sizeof *self->all);
        self->counts = rnn_allocate(plan->units * self->yes * STEPS, sizeof *self->counts);
        self->products =
            rnn_allocate(plan->units * (self->columns - self->yes), sizeof *self->products);
        self->scores = rnn_allocate(2 * self->columns * plan->units, sizeof *self->scores);
    }
    if (!self->column || !self->rows || !self->block || !self->all || !self->counts ||
        !self->products || !self->scores)
        return rnn_fail(error, RNN_ERR_MEMORY,
                        "no memory for the scores of %zu units and %zu properties", plan->units,
                        plan->properties);
    return RNN_OK;
}

rnn_status rnn_association_create(rnn_association **out, const rnn_association_plan *plan,
                                  rnn_error *error) {
    *out = NULL;
    rnn_association *self = rnn_allocate(1, sizeof *self);
    if (!self)
        return rnn_fail(error, RNN_ERR_MEMORY, "out of memory");
    self->plan = *plan;
    self->turns = plan->shifts + 1;
    int threads = plan->threads ? plan->threads : rnn_threads_default();
    rnn_status status = rnn_threads_create(&self->threads, threads, error);
    if (status == RNN_OK)
        status = reserve(self, error);
    if (status == RNN_OK)
        begin_half(self, 0);
    if (status == RNN_OK)
        *out = self;
    else
        rnn_association_destroy(self);
    return status;
}

void rnn_association_destroy(rnn_association *self) {
    if (!self)
        return;
    rnn_threads_destroy(self->threads);
    rnn_free(self->has);
    rnn_free(self->first);
    rnn_free(self->column);
    rnn_free(self->rows);
    rnn_free(self->block);
    rnn_free(self->all);
    rnn_free(self->counts);
    rnn_free(self->products);
    rnn_free(self->scores);
    rnn_free(self);
}

/* -------------------------------------------------------------------- a block */

/* Lists the places of the block's characters that a property holds at, where it has been
 * turned; of a graded property the values. */
static void list_column(const rnn_association *self, column *c, int graded) {
    uint64_t length = length_of(self, self->half);
    uint64_t from = self->at - self->in_block - begin_of(self, self->half) + c->shift;
    uint32_t n = 0;
    for (size_t i = 0, part; i < self->in_block; i += part) {
        uint64_t place = (from + i) % length;
        const uint8_t *values = c->values + place;
        part = self->in_block - i;
        if (part > length - place)
            part = (size_t)(length - place);
        if (graded) {
            memcpy(c->of.graded + i, values, part);
            continue;
        }
        for (size_t j = 0; j < part; j++) {
            c->of.places[n] = (uint16_t)(i + j);
            n += values[j] == c->wanted;
        }
    }
    c->count = n;
}

static void list_columns(void *argument, int thread, int count) {
    rnn_association *self = argument;
    size_t begin, end;
    rnn_share(self->columns, 1, thread, count, &begin, &end);
    for (size_t i = begin; i < end; i++)
        list_column(self, &self->column[i], i >= self->yes);
}

/* Neighbours are often alike: two sets of counts, so that no count waits for the one
 * before it. */
static void count_places(const uint8_t *bytes, const column *c, uint32_t *to) {
    uint32_t even[STEPS] = {0}, odd[STEPS] = {0};
    size_t i = 0;
    for (; i + 1 < c->count; i += 2) {
        even[bytes[c->of.places[i]]]++;
        odd[bytes[c->of.places[i + 1]]]++;
    }
    if (i < c->count)
        even[bytes[c->of.places[i]]]++;
    for (size_t s = 0; s < STEPS; s++)
        to[s] += even[s] + odd[s];
}

static uint64_t multiply(const uint8_t *bytes, const uint8_t *values, size_t count) {
    uint32_t sum = 0; /* at most 127 * 255 * BLOCK */
    for (size_t i = 0; i < count; i++)
        sum += (uint32_t)bytes[i] * values[i];
    return sum;
}

static void count_units(void *argument, int thread, int count) {
    rnn_association *self = argument;
    size_t begin, end, graded = self->columns - self->yes;
    rnn_share(self->plan.units, 1, thread, count, &begin, &end);
    for (size_t u = begin; u < end; u++) {
        const uint8_t *bytes = self->block + u * STRIDE;
        for (size_t i = 0; i < self->in_block; i++)
            self->all[u * STEPS + bytes[i]]++;
        for (size_t c = 0; c < self->yes; c++)
            count_places(bytes, &self->column[c], self->counts + (u * self->yes + c) * STEPS);
        for (size_t c = 0; c < graded; c++)
            self->products[u * graded + c] +=
                multiply(bytes, self->column[self->yes + c].of.graded, self->in_block);
    }
}

/* --------------------------------------------------------------------- scores */

/* Over all pairs of a place that is counted and one that is not, the share where the first
 * is higher less the share where it is lower: 2 AUC - 1. */
static double score_counts(const uint32_t all[STEPS], const uint32_t in[STEPS]) {
    double difference = 0, inside = 0, outside = 0; /* the last two: at lower steps */
    for (size_t s = 0; s < STEPS; s++) {
        double i = in[s], o = (double)all[s] - in[s];
        difference += i * outside - o * inside;
        inside += i;
        outside += o;
    }
    return inside > 0 && outside > 0 ? difference / (inside * outside) : 0;
}

typedef struct moments {
    double sum, squares;
} moments;

static double correlate(double n, moments a, moments b, double products) {
    double of_a = n * a.squares - a.sum * a.sum, of_b = n * b.squares - b.sum * b.sum;
    return of_a > 0 && of_b > 0 ? (n * products - a.sum * b.sum) / sqrt(of_a * of_b) : 0;
}

static moments moments_of_unit(const uint32_t all[STEPS]) {
    moments m = {0, 0};
    for (size_t s = 0; s < STEPS; s++) {
        m.sum += (double)all[s] * (double)s;
        m.squares += (double)all[s] * (double)(s * s);
    }
    return m;
}

static moments moments_of_values(const uint8_t *values, uint64_t count) {
    uint64_t sum = 0, squares = 0;
    for (uint64_t i = 0; i < count; i++) {
        sum += values[i];
        squares += (uint64_t)values[i] * values[i];
    }
    return (moments){(double)sum, (double)squares};
}

static void score_units(void *argument, int thread, int count) {
    rnn_association *self = argument;
    size_t begin, end, units = self->plan.units, graded = self->columns - self->yes;
    uint64_t length = length_of(self, self->half);
    float *scores = self->scores + self->half * self->columns * units;
    rnn_share(self->columns, 1, thread, count, &begin, &end);
    for (size_t c = begin; c < end; c++) {
        const column *of = &self->column[c];
        moments values = {0, 0};
        if (c >= self->yes)
            values = moments_of_values(of->values, length);
        for (size_t u = 0; u < units; u++) {
            const uint32_t *all = self->all + u * STEPS;
            double score;
            if (c < self->yes)
                score = score_counts(all, self->counts + (u * self->yes + c) * STEPS) *
                        (of->wanted ? 1 : -1);
            else
                score = correlate((double)length, moments_of_unit(all), values,
                                  (double)self->products[u * graded + c - self->yes]);
            scores[c * units + u] = (float)score;
        }
    }
}

/* ----------------------------------------------------------------- characters */

/* What is beyond -1 .. 1 is as far as it goes; what is no number counts as -1. */
static uint8_t step_of(float activation) {
    float step = (activation + 1) * (STEPS / 2);
    if (!(step > 0))
        return 0;
    return step < STEPS ? (uint8_t)step : STEPS - 1;
}

/* The rows that are held become a part of the block. */
static void take_rows(rnn_association *self) {
    size_t units = self->plan.units;
    for (size_t u = 0; u < units; u++) {
        uint8_t *to = self->block + u * STRIDE + self->in_block;
        for (size_t i = 0; i < self->held; i++)
            to[i] = step_of(self->rows[i * units + u]);
    }
    self->in_block += self->held;
    self->held = 0;
}

void rnn_association_add(rnn_association *self, const float *activations) {
    size_t units = self->plan.units;
    assert(self->at < self->plan.characters);
    memcpy(self->rows + self->held * units, activations, units * sizeof *activations);
    self->held++;
    self->at++;
    int ends = self->at == begin_of(self, self->half) + length_of(self, self->half);
    if (self->held == ROWS || ends)
        take_rows(self);
    if (self->in_block == BLOCK || ends) {
        rnn_threads_run(self->threads, list_columns, self);
        rnn_threads_run(self->threads, count_units, self);
        self->in_block = 0;
    }
    if (ends) {
        rnn_threads_run(self->threads, score_units, self);
        if (self->half == 0)
            begin_half(self, 1);
    }
}

int rnn_association_has(const rnn_association *self, size_t property) {
    return self->has[property];
}

const float *rnn_association_scores(const rnn_association *self, size_t half, size_t property,
                                    size_t shift) {
    assert(self->has[property] && self->at == self->plan.characters);
    return self->scores + (half * self->columns + self->first[property] + shift) * self->plan.units;
}

double rnn_association_score(const rnn_association *self, size_t property, size_t shift,
                             size_t unit) {
    double chosen = (double)rnn_association_scores(self, 0, property, shift)[unit];
    double score = (double)rnn_association_scores(self, 1, property, shift)[unit];
    return chosen < 0 ? -score : score;
}

double rnn_association_lesser(const rnn_association *self, size_t property, size_t shift,
                              size_t unit) {
    double chosen = (double)rnn_association_scores(self, 0, property, shift)[unit];
    return fmin(fabs(chosen), rnn_association_score(self, property, shift, unit));
}

double rnn_association_chance(const rnn_association *self, size_t property, size_t shift) {
    double best = 0;
    for (size_t k = 1; k <= self->plan.shifts; k++)
        for (size_t u = 0; k != shift && u < self->plan.units; u++)
            best = fmax(best, rnn_association_score(self, property, k, u));
    return best;
}
