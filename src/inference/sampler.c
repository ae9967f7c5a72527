/* SPDX-License-Identifier: MIT
 *
 * sampler.c - draws symbols from a model, one after another.
 *
 *   prime -> state -> logits [V] -> temperature, top-k, top-p, min-p -> symbol -> state ...
 *
 * Each stream has its own random numbers, a pure function of (seed, stream,
 * position), so a text does not depend on how many are drawn beside it.
 */
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "model/model.h"

typedef struct candidate {
    float probability;
    int32_t symbol;
} candidate;

struct rnn_sampler {
    const rnn_model *model;
    rnn_sampling how;
    rnn_clamp *clamps; /* [how.clamp_count] */
    const rnn_device *device;
    const rnn_kernels *kernels;
    rnn_engine *engine; /* `streams` streams of one character */
    size_t streams;
    uint64_t drawn;       /* symbols so far, in each stream */
    int begun;            /* the logits are there */
    rnn_engine *reader;   /* one stream that has read for all, while they are the same */
    float *logits;        /* [streams][symbols]: of what comes next */
    float *probabilities; /* [symbols] */
    candidate *heap;      /* [symbols] */
    float *carried;       /* [network state * streams] */
    float *read;          /* [network state], with a reader */
    int32_t *next;        /* [streams] */
    int32_t opening;      /* what a text without a prime follows */
};

/* ----------------------------------------------------------------- creation */

static rnn_status check(const rnn_sampling *how, int streams, rnn_error *error) {
    if (!(how->temperature >= 0) || how->temperature > 1e6f)
        return rnn_fail(error, RNN_ERR_RANGE, "temperature is %g; it must be between 0 and 1e6",
                        (double)how->temperature);
    if (how->top_k < 0)
        return rnn_fail(error, RNN_ERR_RANGE, "top-k is %d; it must be 0 (all) or more",
                        how->top_k);
    if (!(how->top_p >= 0 && how->top_p <= 1))
        return rnn_fail(error, RNN_ERR_RANGE, "top-p is %g; it must be between 0 and 1",
                        (double)how->top_p);
    if (!(how->min_p >= 0 && how->min_p <= 1))
        return rnn_fail(error, RNN_ERR_RANGE, "min-p is %g; it must be between 0 and 1",
                        (double)how->min_p);
    if (streams < 1 || streams > 65536)
        return rnn_fail(error, RNN_ERR_RANGE, "%d samples; there must be 1 to 65,536 at once",
                        streams);
    return RNN_OK;
}

static rnn_status create_engine(rnn_sampler *s, rnn_error *error) {
    rnn_engine_options options = {.batch = s->streams,
                                  .length = 1,
                                  .threads = s->how.threads,
                                  .cpu = s->how.cpu,
                                  .precision = s->how.precision,
                                  .clamps = s->clamps,
                                  .clamp_count = s->how.clamp_count};
    rnn_status status =
        rnn_model_engine(&s->engine, &s->device, s->model, s->how.device, &options, error);
    return status == RNN_OK ? rnn_kernels_pick(&s->kernels, s->how.cpu, error) : status;
}

/* A text begins with what follows a newline, where the model knows one. */
static int32_t opening_symbol(const rnn_model *model) {
    for (int32_t i = 0; i < rnn_vocabulary_size(model->vocabulary); i++) {
        size_t bytes;
        const char *text = rnn_vocabulary_symbol(model->vocabulary, i, &bytes);
        if (bytes == 1 && text[0] == '\n')
            return i;
    }
    return 0;
}

rnn_status rnn_sampler_create(rnn_sampler **out, const rnn_model *model, const rnn_sampling *how,
                              int streams, rnn_error *error) {
    *out = NULL;
    rnn_status status = check(how, streams, error);
    if (status != RNN_OK)
        return status;
    rnn_sampler *s = rnn_allocate(1, sizeof *s);
    if (!s)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for a sampler");
    size_t symbols = model->network.symbols;
    s->model = model;
    s->how = *how;
    s->clamps = rnn_allocate(how->clamp_count + 1, sizeof *s->clamps);
    if (s->clamps && how->clamp_count)
        memcpy(s->clamps, how->clamps, how->clamp_count * sizeof *s->clamps);
    /* Colder than float can tell from greedy. */
    s->how.greedy |= how->temperature > 0 && how->temperature < 1e-6f;
    s->streams = (size_t)streams;
    s->logits = rnn_allocate(s->streams * symbols, sizeof(float));
    s->probabilities = rnn_allocate(symbols, sizeof(float));
    s->heap = rnn_allocate(symbols, sizeof(candidate));
    s->carried = rnn_allocate(s->streams * rnn_network_state(&model->network), sizeof(float));
    s->next = rnn_allocate(s->streams, sizeof(int32_t));
    if (s->clamps && s->logits && s->probabilities && s->heap && s->carried && s->next)
        status = create_engine(s, error);
    else
        status = rnn_fail(error, RNN_ERR_MEMORY, "no memory for a sampler of %d streams", streams);
    s->opening = opening_symbol(model);
    if (status != RNN_OK) {
        rnn_sampler_destroy(s);
        return status;
    }
    *out = s;
    return RNN_OK;
}

void rnn_sampler_destroy(rnn_sampler *s) {
    if (!s)
        return;
    if (s->reader)
        s->device->destroy(s->reader);
    if (s->engine)
        s->device->destroy(s->engine);
    rnn_free(s->logits);
    rnn_free(s->probabilities);
    rnn_free(s->heap);
    rnn_free(s->carried);
    rnn_free(s->next);
    rnn_free(s->read);
    rnn_free(s->clamps);
    rnn_free(s);
}

/* ------------------------------------------------------------------ reading */

/* Gives the state of the reader to all streams, and its logits; from here on each is its own. */
static void part(rnn_sampler *s) {
    const rnn_network *net = &s->model->network;
    size_t hidden = net->hidden, orders = rnn_network_orders(net);
    size_t vectors = (rnn_network_state(net) - orders) / hidden;
    float *symbols = s->carried + vectors * s->streams * hidden; /* read last */
    if (!s->reader)
        return;
    s->device->read_state(s->reader, s->read);
    for (size_t v = 0; v < vectors; v++)
        for (size_t b = 0; b < s->streams; b++)
            memcpy(s->carried + (v * s->streams + b) * hidden, s->read + v * hidden,
                   hidden * sizeof(float));
    for (size_t n = 0; n < orders; n++)
        for (size_t b = 0; b < s->streams; b++)
            symbols[n * s->streams + b] = s->read[vectors * hidden + n];
    s->device->write_state(s->engine, s->carried);
    for (size_t b = 1; b < s->streams; b++)
        memcpy(s->logits + b * net->symbols, s->logits, net->symbols * sizeof(float));
    s->device->destroy(s->reader);
    s->reader = NULL;
}

/* While all streams are still the same, one engine of one stream reads for all. */
static rnn_status create_reader(rnn_sampler *s, rnn_error *error) {
    rnn_engine_options options = {.batch = 1,
                                  .length = 1,
                                  .threads = s->how.threads,
                                  .clamps = s->clamps,
                                  .clamp_count = s->how.clamp_count,
                                  .weights = s->engine};
    if (!s->read)
        s->read = rnn_allocate(rnn_network_state(&s->model->network), sizeof(float));
    if (!s->read)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory to read the prime");
    return s->device->create(&s->reader, &s->model->network, &options, error);
}

/* Each stream reads the symbol with what it knows itself. */
static void read_each(rnn_sampler *s, int32_t symbol) {
    for (size_t b = 0; b < s->streams; b++)
        s->next[b] = symbol;
    s->device->step(s->engine, s->next, s->logits);
    s->begun = 1;
}

rnn_status rnn_sampler_read(rnn_sampler *s, const int32_t *symbols, size_t count,
                            rnn_error *error) {
    if (count == 0)
        return RNN_OK;
    if (s->streams > 1 && !s->begun) {
        rnn_status status = create_reader(s, error);
        if (status != RNN_OK)
            return status;
        s->begun = 1;
    }
    for (size_t i = 0; i < count; i++) {
        if (s->reader)
            s->device->step(s->reader, &symbols[i], s->logits);
        else
            read_each(s, symbols[i]);
    }
    return RNN_OK;
}

rnn_status rnn_sampler_prime(rnn_sampler *s, const char *text, size_t bytes, int skip_unknown,
                             rnn_error *error) {
    int32_t *symbols;
    size_t count;
    rnn_status status =
        rnn_model_encode(s->model, text, bytes, skip_unknown, &symbols, &count, error);
    if (status != RNN_OK)
        return status;
    status = rnn_sampler_read(s, symbols, count, error);
    rnn_free(symbols);
    return status;
}

/* ------------------------------------------------------------------ drawing */

static int32_t likeliest(const float *values, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (values[i] > values[best])
            best = i;
    return (int32_t)best;
}

/* Equal probabilities go by symbol, so that the order is the same everywhere. */
static int before(candidate a, candidate b) {
    return a.probability > b.probability || (a.probability == b.probability && a.symbol < b.symbol);
}

static void sift_down(candidate *heap, size_t count, size_t i) {
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= count)
            return;
        if (child + 1 < count && before(heap[child + 1], heap[child]))
            child++;
        if (!before(heap[child], heap[i]))
            return;
        candidate swapped = heap[i];
        heap[i] = heap[child];
        heap[child] = swapped;
        i = child;
    }
}

/* Takes candidates from the likeliest down until a filter is met. Those kept lie
 * at the end of the heap, best last; returns their number. */
static size_t keep(rnn_sampler *s) {
    size_t symbols = s->model->network.symbols, kept = 0;
    const rnn_sampling *how = &s->how;
    candidate *heap = s->heap;
    double mass = 0, all = 0;
    size_t most = how->top_k > 0 && (size_t)how->top_k < symbols ? (size_t)how->top_k : symbols;
    for (size_t i = 0; i < symbols; i++)
        heap[i] = (candidate){s->probabilities[i], (int32_t)i};
    for (size_t i = symbols / 2; i-- > 0;)
        sift_down(heap, symbols, i);
    float best = heap[0].probability;
    /* top_p is a share of what top_k leaves, so that mass is known first. */
    for (; kept < most; kept++) {
        candidate top = heap[0];
        heap[0] = heap[symbols - kept - 1];
        heap[symbols - kept - 1] = top;
        sift_down(heap, symbols - kept - 1, 0);
        all += (double)top.probability;
    }
    if (how->top_p > 0) {
        for (kept = 0; kept < most && (kept == 0 || mass < (double)how->top_p * all); kept++)
            mass += (double)heap[symbols - kept - 1].probability;
    }
    while (kept > 1 && heap[symbols - kept].probability < how->min_p * best)
        kept--;
    return kept;
}

static int32_t draw(rnn_sampler *s, size_t stream) {
    size_t symbols = s->model->network.symbols;
    const float *logits = s->logits + stream * symbols;
    const rnn_sampling *how = &s->how;
    if (how->greedy)
        return likeliest(logits, symbols);
    float sharpness = how->temperature > 0 ? 1.0f / how->temperature : 1.0f;
    s->kernels->softmax(symbols, logits, sharpness, s->probabilities);
    double u = rnn_random_uniform(how->seed, RNN_RANDOM_SAMPLING, stream, s->drawn);
    if (how->top_k == 0 && how->top_p == 0 && how->min_p == 0) {
        double all = 0;
        for (size_t i = 0; i < symbols; i++)
            all += (double)s->probabilities[i];
        for (size_t i = 0; i < symbols; i++)
            if ((u -= (double)s->probabilities[i] / all) < 0)
                return (int32_t)i;
        return likeliest(logits, symbols); /* rounding left a little of u */
    }
    size_t kept = keep(s);
    const candidate *best = s->heap + symbols - 1;
    double all = 0;
    for (size_t i = 0; i < kept; i++)
        all += (double)best[-(ptrdiff_t)i].probability;
    for (size_t i = 0; i < kept; i++)
        if ((u -= (double)best[-(ptrdiff_t)i].probability / all) < 0)
            return best[-(ptrdiff_t)i].symbol;
    return best->symbol;
}

static void begin(rnn_sampler *s) {
    if (!s->begun)
        read_each(s, s->opening);
}

const float *rnn_sampler_logits(rnn_sampler *s, int stream) {
    begin(s);
    if (s->reader)
        stream = 0; /* all are the same */
    return s->logits + (size_t)stream * s->model->network.symbols;
}

void rnn_sampler_next(rnn_sampler *s, int32_t *symbols) {
    begin(s);
    part(s);
    for (size_t b = 0; b < s->streams; b++)
        symbols[b] = draw(s, b);
    s->drawn++;
    s->device->step(s->engine, symbols, s->logits);
}
