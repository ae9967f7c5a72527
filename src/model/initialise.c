/* SPDX-License-Identifier: MIT
 *
 * initialise.c - the random parameters that training begins with.
 *
 * Each number is a function of (seed, window, gate, index) alone, so no order
 * of work and no number of threads can change it.
 */
#include "model/model.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

/* Input weights are uniform within these bounds, far wider than torch.nn.LSTM's
 * 1/sqrt(hidden): a one-hot character is a single 1 and says little through small
 * weights, and adaptive optimizers need hundreds of steps to enlarge them.
 * docs/performance.md has the losses that decided it. */
#define ONE_HOT_BOUND    3.0
#define INPUT_BOUND_GAIN 3.5 /* over sqrt(hidden) */

#define STRIP 32 /* columns worked on together: they stay in the cache through all reflections */

/* A stream of random numbers for each gate of each window. */
static uint64_t stream_of(size_t window, size_t gate) {
    return (uint64_t)window * 8 + gate;
}

/* From the stream's number `first` on. */
static void fill_uniform(float *to, size_t count, double bound, uint64_t seed, uint64_t stream,
                         size_t first) {
    for (size_t i = 0; i < count; i++) {
        double u = rnn_random_uniform(seed, RNN_RANDOM_WEIGHTS, stream, first + i);
        to[i] = (float)((2.0 * u - 1.0) * bound);
    }
}

static void fill_normal(float *to, size_t count, double deviation, uint64_t seed, uint64_t stream) {
    for (size_t i = 0; i < count; i++)
        to[i] = (float)(deviation * rnn_random_normal(seed, RNN_RANDOM_WEIGHTS, stream, i));
}

/* The k-th of the n - 1 reflections I - scale v v', which acts on rows k .. n-1. */
typedef struct reflection {
    const double *v; /* [n - k] */
    double scale;
} reflection;

/* Draws the vectors into v, one behind the other, and the signs of the columns.
 * Reflection k is the one of Householder's QR that takes a Gaussian vector x to
 * -sign(x0) |x| e0. */
static void draw_reflections(size_t n, double *v, reflection *reflections, double *signs,
                             uint64_t seed, uint64_t stream) {
    uint64_t index = 0;
    for (size_t k = 0; k < n; k++) {
        size_t length = n - k;
        double square = 0;
        for (size_t i = 0; i < length; i++) {
            v[i] = rnn_random_normal(seed, RNN_RANDOM_WEIGHTS, stream, index++);
            square += v[i] * v[i];
        }
        double sign = v[0] < 0 ? -1.0 : 1.0;
        double norm = sqrt(square);
        /* The last one acts on a single row: a random sign and nothing more. */
        signs[k] = k + 1 < n ? -sign : sign;
        double head = v[0] + sign * norm;
        double length_square = square - v[0] * v[0] + head * head;
        v[0] = head;
        reflections[k] = (reflection){v, length_square > 0 ? 2.0 / length_square : 0.0};
        v += length;
    }
}

/* Applies one reflection to `rows` rows of a strip [rows][STRIP]. */
static void reflect(const reflection *by, size_t rows, double *strip) {
    double sums[STRIP] = {0};
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < STRIP; j++)
            sums[j] += by->v[i] * strip[i * STRIP + j];
    for (size_t i = 0; i < rows; i++) {
        double factor = by->scale * by->v[i];
        for (size_t j = 0; j < STRIP; j++)
            strip[i * STRIP + j] -= factor * sums[j];
    }
}

/* A random orthogonal matrix [n][n], uniform over all of them (Stewart, "The
 * efficient generation of random orthogonal matrices", SIAM J. Numer. Anal.
 * 17(3), 1980): the product of reflections of falling size, column strip by
 * column strip. work has room for n (n + 1) / 2 + n + n STRIP doubles. */
static void fill_orthogonal(float *to, size_t n, double *work, reflection *reflections,
                            uint64_t seed, uint64_t stream) {
    double *signs = work, *strip = signs + n, *v = strip + n * STRIP;
    draw_reflections(n, v, reflections, signs, seed, stream);
    for (size_t first = 0; first < n; first += STRIP) {
        size_t width = n - first < STRIP ? n - first : STRIP;
        memset(strip, 0, n * STRIP * sizeof *strip);
        for (size_t j = 0; j < width; j++)
            strip[(first + j) * STRIP + j] = 1.0;
        /* Reflections beyond the strip's last column find only zeros in it. */
        size_t last = first + width < n ? first + width : n - 1;
        for (size_t k = last; k-- > 0;)
            reflect(&reflections[k], n - k, strip + k * STRIP);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < width; j++)
                to[i * n + first + j] = (float)(signs[first + j] * strip[i * STRIP + j]);
    }
}

/* Layer 0's: columns of what stands for the character, then those of n-grams. */
static void initialise_inputs(const rnn_network *network, float *to, size_t rows, uint64_t seed,
                              size_t window) {
    double wide = INPUT_BOUND_GAIN / sqrt((double)network->hidden);
    double bound = network->embedding == 0 ? ONE_HOT_BOUND : wide;
    size_t own = rnn_network_character_inputs(network), all = rnn_network_inputs(network, 0);
    for (size_t i = 0; i < rows; i++) {
        fill_uniform(to + i * all, own, bound, seed, stream_of(window, 0), i * own);
        fill_uniform(to + i * all + own, all - own, wide, seed, stream_of(window, 1),
                     i * (all - own));
    }
}

static void initialise_recurrent(rnn_model *model, const rnn_window *window, size_t number,
                                 double *work, reflection *reflections, uint64_t seed) {
    size_t n = window->columns;
    for (size_t gate = 0; gate < window->rows / n; gate++)
        fill_orthogonal(model->parameters + window->offset + gate * n * n, n, work, reflections,
                        seed, stream_of(number, gate));
}

rnn_status rnn_model_initialise(rnn_model *model, uint64_t seed, double forget_bias,
                                rnn_error *error) {
    const rnn_network *network = &model->network;
    size_t n = network->hidden;
    rnn_window windows[RNN_MAX_WINDOWS];
    size_t count = rnn_model_windows(network, windows);
    double bound = 1.0 / sqrt((double)n);
    double *work = rnn_allocate(n * (n + 1) / 2 + n + n * STRIP, sizeof *work);
    reflection *reflections = rnn_allocate(n, sizeof *reflections);
    rnn_status status = RNN_OK;
    if (!work || !reflections) {
        status = rnn_fail(error, RNN_ERR_MEMORY,
                          "out of memory for initialising a network with hidden_size %zu", n);
        goto end;
    }
    memset(model->parameters, 0, network->parameters * sizeof *model->parameters);
    for (size_t i = 0; i < count; i++) {
        const rnn_window *window = &windows[i];
        float *to = model->parameters + window->offset;
        size_t size = window->rows * window->columns; /* 0 for vectors: they stay zero */
        if (strcmp(window->name, "embedding.weight") == 0)
            fill_normal(to, size, network->tied ? 0.1 : 1.0, seed, stream_of(i, 0));
        else if (strncmp(window->name, "rnn.weight_hh", 13) == 0)
            initialise_recurrent(model, window, i, work, reflections, seed);
        else if (strcmp(window->name, "ngrams.weight") == 0)
            continue; /* zero: an n-gram says nothing before it was met */
        else if (strcmp(window->name, "rnn.weight_ih_l0") == 0)
            initialise_inputs(network, to, window->rows, seed, i);
        else if (strncmp(window->name, "rnn.weight_ih", 13) == 0)
            fill_uniform(to, size, INPUT_BOUND_GAIN * bound, seed, stream_of(i, 0), 0);
        else if (strcmp(window->name, "output.weight") != 0 || !network->tied)
            fill_uniform(to, size, bound, seed, stream_of(i, 0), 0);
    }
    if (network->cell == RNN_CELL_LSTM && network->bias)
        for (size_t k = 0; k < network->layers; k++)
            for (size_t i = n; i < 2 * n; i++) /* i f g o: the second gate */
                model->parameters[network->layer[k].bias_ih + i] = (float)forget_bias;
end:
    rnn_free(reflections);
    rnn_free(work);
    return status;
}
