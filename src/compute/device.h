/* SPDX-License-Identifier: MIT
 *
 * device.h - where a network runs: a list of devices, and engines on them.
 *
 * An engine is one network on one device with room for `batch` streams of
 * `length` characters. Its verbs work on whole sequences over the whole stack
 * of layers, so that a device may keep weights resident, run a wavefront across
 * layers or replay a graph. All pointers passed in are host memory.
 *
 * A new kind of device fills one rnn_device table from its own folder and is
 * added to the list in device.c.
 */
#ifndef RNN_DEVICE_H
#define RNN_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "compute/kernels.h"
#include "compute/network.h"

typedef struct rnn_engine rnn_engine;

typedef struct rnn_engine_options {
    size_t batch;    /* streams, >= 1 */
    size_t length;   /* most characters in one sequence, >= 1 */
    int training;    /* 1: room for backward and update as well */
    int threads;     /* CPU: 0 for rnn_threads_default() */
    const char *cpu; /* CPU: which kernels; NULL or "auto" for the best */
    double dropout;  /* between layers, in training sequences */
    /* Of what the output layer reads, in training sequences, with one mask for each stream
     * and sequence. */
    double output_dropout;
    /* Of the recurrent weights of all layers, with one mask for a training sequence. */
    double weight_drop;
    /* [symbols]: what n-grams are told apart by (ngrams.h), for as long as the engine lives;
     * NULL for the symbols' numbers. */
    const int32_t *keys;
    /* Of the vectors of n-grams, each as a whole, in training sequences. */
    double ngram_dropout;
    uint64_t seed; /* of all masks */
    int moments;   /* 1: `first` moments, 2: `second`, 3: both (training) */
    /* In what the products are held; not int8 in training. Parameters, gradients, states
     * and all sums are float32, but that the gate sums of an engine that trains in bf16 are
     * rounded to bfloat16 before the cells read them. */
    rnn_precision precision;
    /* 1: room for `trace`, that is for gates and c of each step; not for training. */
    int tracing;
    /* [clamp_count]: units that are held in evaluate, trace and step; copied. They are in
     * range. Not for training. */
    const rnn_clamp *clamps;
    size_t clamp_count;
    /* The flat parameters, instead of room for own ones: not for training. They must
     * outlive the engine; write_parameters from the same array tells that they changed. */
    float *parameters;
    /* An engine of the same device and network whose parameters this one, which is
     * not for training, reads instead of having its own; it must outlive this one
     * and neither change its parameters nor train so long. cpu and precision are
     * then its. NULL for own ones. */
    rnn_engine *weights;
} rnn_engine_options;

/* What a sequence came to. */
typedef struct rnn_sequence_result {
    double loss;   /* sum of -ln p over all predicted characters, nats */
    uint64_t hits; /* how many targets were the likeliest symbol */
} rnn_sequence_result;

/* An engine's flat arrays [parameters] as they are now, for reading, in host memory.
 * They stand until the engine's next verb. Moments that it does not keep are NULL. */
typedef struct rnn_engine_arrays {
    const float *parameters, *first, *second;
} rnn_engine_arrays;

typedef struct rnn_device {
    const char *name; /* "cpu" */

    rnn_status (*create)(rnn_engine **out, const rnn_network *network,
                         const rnn_engine_options *options, rnn_error *error);
    void (*destroy)(rnn_engine *engine);
    const char *(*describe)(const rnn_engine *engine); /* "avx2, int8, 2 threads" */

    /* What RNN_PRECISION_AUTO stands for in training with these kernels; for what only
     * reads weights it is float32. */
    rnn_precision (*automatic)(const char *cpu);

    /* Copies to and from the flat arrays [parameters]; all but the parameters exist
     * in training only. */
    void (*write_parameters)(rnn_engine *engine, const float *from);
    void (*read_gradient)(rnn_engine *engine, float *to);
    void (*write_gradient)(rnn_engine *engine, const float *from);
    void (*write_moments)(rnn_engine *engine, const float *first, const float *second);
    rnn_engine_arrays (*arrays)(rnn_engine *engine);

    /* The state carried from one sequence to the next: h [layers][batch][hidden],
     * then for LSTM c of the same shape, then with n-grams the numbers of the symbols read last,
     * [orders][batch], the latest first, -1 before the first. from NULL: zero, nothing read. */
    void (*write_state)(rnn_engine *engine, const float *from);
    void (*read_state)(rnn_engine *engine, float *to);

    /* Reads symbols [length][batch] with the carried state and compares the
     * predictions with targets [length][batch]. A target of -1 is not counted.
     * losses [length][batch] takes each one's nats, 0 where not counted; may be NULL. */
    rnn_sequence_result (*evaluate)(rnn_engine *engine, size_t length, const int32_t *symbols,
                                    const int32_t *targets, float *losses);

    /* The same with what the options leave out (all masks belong to `step`), followed by the
     * gradient of the mean loss per counted target through the whole sequence.
     * The gradient replaces the one before. The state is carried on, not
     * differentiated through. */
    rnn_sequence_result (*train)(rnn_engine *engine, uint64_t step, size_t length,
                                 const int32_t *symbols, const int32_t *targets);

    /* Clips and applies the gradient; returns its norm before clipping by norm
     * (NaN or infinite if it is not finite: nothing is then changed). Vectors of n-grams whose
     * gradient is all zero stay as they are, with their moments: no decay, no momentum. */
    double (*update)(rnn_engine *engine, const rnn_update *update);

    /* The step of dynamic evaluation with the gradient; the first moments are the
     * parameters' origin, the second their spread. Returns as update does, and as there
     * vectors of n-grams without a gradient stay as they are. */
    double (*adapt)(rnn_engine *engine, const rnn_adaptation *how);

    /* Reads one symbol per stream [batch] with the carried state; logits
     * [batch][symbols] of what comes next. */
    void (*step)(rnn_engine *engine, const int32_t *symbols, float *logits);

    /* Reads symbols [length][batch] with the carried state and shows each step: values
     * [length][batch][count] take what the probes, which are in range, see after it, and
     * logits [length][batch][symbols] what comes next. An engine made for tracing. */
    void (*trace)(rnn_engine *engine, size_t length, const int32_t *symbols,
                  const rnn_probe *probes, size_t count, float *values, float *logits);
} rnn_device;

/* All devices of this build that are present, ended by NULL. */
const rnn_device *const *rnn_device_available(void);

/* "auto" (or NULL) takes the first of the list. RNN_ERR_RANGE for an unknown name,
 * RNN_ERR_UNSUPPORTED for one that is not in this build or machine. */
rnn_status rnn_device_pick(const rnn_device **out, const char *name, rnn_error *error);

#endif
