/* SPDX-License-Identifier: MIT
 *
 * cpu_engine.h - the CPU device's engine: its memory and its phases.
 *
 * Everything is built on the kernel table. One sequence runs as a row of
 * phases; each phase is one piece of work on all threads:
 *
 *   pack      weights into panels, once after each change
 *   table     layer 0's input sums, a row for each distinct symbol read
 *   input     input sums of a layer, for all rows of the sequence at once
 *   recur     the steps of a layer, each thread with its own streams
 *   output    logits, softmax and loss, a chunk of rows at a time
 * and, in training, backwards:
 *   output    gradient of the output layer
 *   recur     the steps of a layer from the last to the first
 *   weights   each weight gradient as one product over all rows
 *   input     the gradient of what the layer read
 *
 * Arrays are [time][batch][...] row-major, so that a sequence of `length` steps
 * is length * batch rows. `columns` is the width of a row of gate sums in
 * memory: hidden (tanh) or 4 hidden (LSTM i f g o; GRU r z n q, see kernels.h).
 */
#ifndef RNN_CPU_ENGINE_H
#define RNN_CPU_ENGINE_H

#include "base/threads.h"
#include "compute/device.h"

extern const rnn_device rnn_cpu_device;

/* A weight matrix as a product wants it: B [k][n], where B(p, j) is
 * parameters[offset + p * row + j * column]. */
typedef struct rnn_packed {
    const rnn_product *by;
    void *data;
    size_t offset, row, column, k, n;
} rnn_packed;

/* Rows that a packed matrix is multiplied by, in its precision. */
typedef struct rnn_operand {
    const void *rows;
    size_t stride; /* floats */
} rnn_operand;

typedef struct rnn_cpu_layer {
    /* Recurrent weights; the GRU's are two, r z and n, as they meet other columns. */
    rnn_packed hidden[2], hidden_back[2];
    /* Input weights: of layer 0 only if there is an embedding. */
    rnn_packed input, input_back;
    float *start;      /* [columns]: the biases that gate sums start from */
    float *gates;      /* [length][batch][columns]; shared by all layers unless training */
    float *h, *c;      /* [length + 1][batch][hidden]; row 0 is the carried state */
    float *input_rows; /* [length][batch][hidden]: what the layer below wrote, after
                          dropout; NULL for layer 0, the layer's h without dropout */
} rnn_cpu_layer;

struct rnn_engine {
    rnn_network network;
    const rnn_kernels *kernels;
    rnn_precision precision; /* of all products but those of layer 0's table */
    rnn_threads *threads;
    char description[64];
    size_t batch, length;
    size_t columns;    /* of a row of gates */
    size_t input_sums; /* columns that the input products fill: gates * hidden */
    int training;
    int borrowed;         /* parameters, packed weights and the table are another engine's */
    int given_parameters; /* parameters are the caller's */
    float dropout;
    uint64_t seed;

    float *parameters, *gradient; /* [network.parameters] */
    float *first, *second;        /* moments, or NULL */
    int stale;                    /* parameters changed since they were packed */

    void *packed; /* the memory of all packed weights, in one block; NULL if borrowed */
    rnn_packed output, output_back;
    rnn_cpu_layer layer[RNN_MAX_LAYERS];

    /* Layer 0's input sums by symbol. A complete table has a row for each symbol of
     * the vocabulary; otherwise the rows are the `distinct` symbols of a sequence. */
    int table_complete;
    size_t table_rows;                   /* room */
    float *table, *table_gradient;       /* [table_rows][input_sums] */
    float *embedded, *embedded_gradient; /* [table_rows][embedding] */
    int32_t *distinct;                   /* [table_rows]: which symbol a row is of */
    size_t distinct_count;
    int32_t *slot; /* [symbols]: a symbol's row, -1 for none */
    int32_t *rows; /* [length * batch]: the row that each character reads */

    size_t chunk;        /* rows of logits held at once */
    float *logits;       /* [chunk][symbols] */
    float *losses;       /* [length * batch] */
    uint8_t *hits;       /* [length * batch] */
    float *dh, *dh_next; /* [length][batch][hidden] */
    float *dc;           /* [batch][hidden] */
    float *scratch;      /* a share of scratch_floats for each thread */
    size_t scratch_floats;
    float *operands; /* RNN_CPU_OPERAND_ROWS converted rows for each thread, or NULL */
    size_t operand_floats;
    double *partial; /* sums of squares, one a piece of RNN_CPU_PIECE parameters */
};

#define RNN_CPU_PIECE ((size_t)16384)

/* Work of fewer multiply-adds than this is done before another thread wakes up. */
#define RNN_CPU_SMALL_WORK ((size_t)1 << 16)

/* Up to so many streams, threads share out the weights of a step, not the streams. */
#define RNN_CPU_FEW_STREAMS 8

/* Runs a phase of about `cost` multiply-adds: on all threads, or at once if small. */
static inline void rnn_cpu_run(rnn_engine *engine, rnn_work work, void *argument, size_t cost) {
    if (cost < RNN_CPU_SMALL_WORK)
        work(argument, 0, 1);
    else
        rnn_threads_run(engine->threads, work, argument);
}

/* The address of a row of an array. */
static inline float *rnn_cpu_row(float *array, size_t row, size_t width) {
    return array + row * width;
}

/* cpu_pack.c: room for all packed weights of an engine's network; 0 when memory is
 * short. Then: brings them and the start vectors up to date. */
int rnn_cpu_allocate_packed(rnn_engine *engine);
void rnn_cpu_pack(rnn_engine *engine, rnn_threads *threads);

/* cpu_product.c: C = start + A B as the packed B's precision has it. A thread's room
 * for converted rows; more than RNN_CPU_OPERAND_ROWS go through it in blocks. */
#define RNN_CPU_OPERAND_ROWS ((size_t)96)
float *rnn_cpu_room(const rnn_engine *engine, int thread);
rnn_operand rnn_cpu_convert(const rnn_packed *b, size_t rows, const float *a, size_t a_stride,
                            float *room);
void rnn_cpu_multiply(const rnn_packed *b, size_t rows, rnn_operand a, const float *bias,
                      int accumulate, float *c, size_t c_stride, size_t begin, size_t end);
/* Both, for any number of rows; room may be NULL for float32. */
void rnn_cpu_product(const rnn_packed *b, size_t rows, const float *a, size_t a_stride,
                     const float *bias, int accumulate, float *c, size_t c_stride, size_t begin,
                     size_t end, float *room);

/* cpu_input.c: what layer 0 reads. The first two for a sequence of n characters. */
void rnn_cpu_table(rnn_engine *engine, size_t n, const int32_t *symbols);
void rnn_cpu_table_gather(rnn_engine *engine, size_t begin, size_t end);
void rnn_cpu_table_backward(rnn_engine *engine, size_t n);

/* cpu_forward.c: all layers; h of the top layer holds the result. With dropout,
 * the masks are those of `step`. */
void rnn_cpu_forward(rnn_engine *engine, size_t length, int dropout, uint64_t step);
/* cpu_few.c: whether the steps of a sequence are for few streams and large weights;
 * and then all steps of a layer, whose input sums are already there if `summed`. */
int rnn_cpu_is_few(const rnn_engine *engine);
void rnn_cpu_few(rnn_engine *engine, size_t layer, size_t length, int summed);
/* The cells of units [begin, end) of rows [row, row + rows) of [time][batch]. */
void rnn_cpu_cells(rnn_engine *engine, size_t layer, size_t row, size_t rows, size_t begin,
                   size_t end);
/* Row 0 of h and c becomes the last: what the next sequence begins with. */
void rnn_cpu_carry(rnn_engine *engine, size_t length);
/* rows [begin, end) of [time][batch] times the mask of a layer's output. */
void rnn_cpu_dropout(const rnn_engine *engine, size_t layer, uint64_t step, size_t begin,
                     size_t end, const float *from, float *to);

/* cpu_output.c: logits and loss; with backward also the gradients of the output
 * layer and dh. counted is the number of targets that are not -1. */
void rnn_cpu_output(rnn_engine *engine, size_t length, const int32_t *targets, int backward,
                    size_t counted);
/* logits [batch][symbols] after a sequence of one step. */
void rnn_cpu_logits(rnn_engine *engine, float *logits);

/* cpu_backward.c: from dh through all layers into the gradient. */
void rnn_cpu_backward(rnn_engine *engine, size_t length, uint64_t step);

/* cpu_update.c */
double rnn_cpu_update(rnn_engine *engine, const rnn_update *update);

#endif
