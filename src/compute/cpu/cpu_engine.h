/* SPDX-License-Identifier: MIT
 *
 * cpu_engine.h - the CPU device's engine: its memory and its phases.
 *
 * Everything is built on the kernel table. One sequence runs as a row of
 * phases; each phase is one piece of work on all threads:
 *
 *   pack      weights into panels, once after each change
 *   table     layer 0's input sums, a row for each distinct symbol read, and which rows of
 *             n-grams each character reads
 * and for each window of time, layer by layer:
 *   ngrams    the vectors of n-grams, where the network reads them
 *   input     input sums of a layer, for all rows of the window at once
 *   recur     the steps of a layer, each thread with its own streams
 * and:
 *   output    logits, softmax and loss, a chunk of rows at a time
 * and, in training, backwards from the last window, layer by layer, a block of steps
 * after the other from the last:
 *   output    logits, loss and the gradient of the output layer (top layer only)
 *   recur     the steps of a layer from the last to the first
 * and after the window's last block:
 *   weights   each weight gradient as one product over all rows of the window
 *   input     the gradient of what the layer read
 *
 * Memory is mostly what the way forward leaves for the way back. In float32 the window is
 * the whole sequence, and gates and h of every step stay. An LSTM's c is kept for the first
 * step of each block only, and the rest made again from the gates; logits and the top
 * layer's dh exist for one block at a time; the dh of a layer below takes the place of h
 * above it, which nothing needs any more; and weights are packed for the way back where
 * they were packed for the way forward.
 *
 * In bf16 training the window is one block, and behind it stays a history: the gate sums
 * as bfloat16s, and h and c at each window's beginning. The way back does the cells of a
 * window once more (phase `remake`) and so has gates, c and h again, to the bit, since the
 * cells read the rounded sums on the way forward too: the gradient is that of what was
 * computed, the rounding itself counting as if it were not there. Sums and not activations
 * are what is rounded: a gate that is nearly open or shut keeps its slope.
 *
 * Arrays are [time][batch][...] row-major, so that a sequence of `length` steps
 * is length * batch rows; "row" is one of these, whichever window is held. `columns` is the width
 * of a row of gate sums in memory: hidden (tanh) or 4 hidden (LSTM i f g o; GRU r z n q, see
 * kernels.h).
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

/* Weights of the layers are packed for one direction at a time, the output layer's
 * for both. With weight drop the recurrent ones that a step trains are thinned. */
typedef enum rnn_cpu_packing {
    RNN_CPU_STALE = 0, /* parameters changed since */
    RNN_CPU_FORWARD,   /* all whole */
    RNN_CPU_THINNED,   /* forward, what rnn_cpu_thin_weights left */
    RNN_CPU_BACKWARD,  /* as a step went forward */
} rnn_cpu_packing;

typedef struct rnn_cpu_layer {
    /* Recurrent weights; the GRU's are two, r z and n, as they meet other columns.
     * Each pair of forward and back shares its memory. */
    rnn_packed hidden[2], hidden_back[2];
    /* Input weights: of layer 0 only if there is an embedding. */
    rnn_packed input, input_back;
    float *start;      /* [columns]: the biases that gate sums start from */
    float *gates;      /* [window][batch][columns]; shared by all layers unless training
                          or tracing */
    float *h;          /* [window + 1][batch][hidden]; row 0 is the state before the window,
                          between sequences the carried one */
    float *c;          /* [blocks + 1][batch][hidden]: before each block, and the last; for
                          tracing a block is a step */
    float *input_rows; /* [window][batch][hidden]: what the layer below wrote, after
                          dropout; NULL for layer 0, the layer's h without dropout */
    /* The history, in bf16 training, else NULL. */
    uint16_t *sums; /* [length][batch][columns]: gate sums as bfloat16s */
    float *h_marks; /* [windows + 1][batch][hidden]: h before each window, and the last */
    /* In training, [batch][hidden]. */
    float *dh_before; /* what the first step of a block says of the h before it: of the top
                         layer, and with a history of all; else NULL */
    float *dc;        /* LSTM; shared by all layers unless there is a history */
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
    int tracing;
    float dropout, output_dropout, weight_drop, ngram_dropout;
    uint64_t seed;
    rnn_clamp *clamps; /* [clamp_count], or NULL */
    size_t clamp_count;

    float *parameters, *gradient; /* [network.parameters] */
    float *first, *second;        /* moments, or NULL */
    rnn_cpu_packing packing;      /* what the packed weights hold */

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

    /* With n-grams, else NULL. */
    rnn_packed ngrams, ngrams_back; /* the part of layer 0's input weights that they meet */
    const int32_t *keys;            /* [symbols]: the options' */
    int32_t *ngram_before;          /* [orders][batch]: the symbols read last, the latest first;
                                       RNN_NGRAM_NOTHING where there was none */
    int32_t *ngram_index;           /* [orders][length * batch]: rows of the table */
    float *ngram_rows;              /* [window][batch][orders * ngram_size] */
    float *ngram_gradient;          /* the same, in training */
    float *ngram_mask;              /* [orders][length * batch]: 0, or what a vector is multiplied
                                       by; with dropout of n-grams, else NULL */
    /* In training: which rows of the table may have a gradient, each once. */
    int32_t *ngram_met; /* [orders * ngram_rows] */
    size_t ngram_met_count;
    uint8_t *ngram_is_met; /* [orders * ngram_rows] */
    /* Sums of squares, and how many of those numbers are not zero, one a piece of
     * RNN_CPU_PIECE_VECTORS of the list. */
    double *ngram_squares, *ngram_counted;

    size_t window;  /* steps whose gates and h are held: all, or with a history a block */
    size_t from;    /* the first of those that are held now */
    size_t block;   /* steps of time that the way back takes together */
    size_t chunk;   /* rows of logits held at once: a block's at least */
    float *logits;  /* [chunk][symbols] */
    float *losses;  /* [length * batch] */
    uint8_t *hits;  /* [length * batch] */
    float *top_dh;  /* [block][batch][hidden] */
    float *c_again; /* [block][batch][hidden]: c after each step of the block */
    float *scratch; /* a share of scratch_floats for each thread */
    size_t scratch_floats;
    float *operands; /* RNN_CPU_OPERAND_ROWS converted rows for each thread, or NULL */
    size_t operand_floats;
    double *partial; /* sums of squares, one a piece of RNN_CPU_PIECE of all other parameters */

    /* With output dropout, else NULL. */
    float *output_mask; /* [batch][hidden]: 0, or what a value is multiplied by */
    float *output_rows; /* [block][batch][hidden]: the top layer's h times its mask */
    /* With weight drop, else NULL: a bit for each recurrent weight, 1 where it is kept, each
     * layer's in rnn_cpu_mask_bytes. */
    uint8_t *weight_mask;
};

/* Parameters, and n-grams' vectors, of a piece of the norm. */
#define RNN_CPU_PIECE         ((size_t)16384)
#define RNN_CPU_PIECE_VECTORS ((size_t)512)

static inline size_t rnn_cpu_pieces(size_t count, size_t piece) {
    return (count + piece - 1) / piece;
}

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

/* A layer's gate sums of a row of [time][batch], and the h that its step begins with:
 * within the window that is held. */
static inline float *rnn_cpu_gates(const rnn_engine *engine, size_t layer, size_t row) {
    return rnn_cpu_row(engine->layer[layer].gates, row - engine->from * engine->batch,
                       engine->columns);
}

static inline float *rnn_cpu_h(const rnn_engine *engine, size_t layer, size_t row) {
    return rnn_cpu_row(engine->layer[layer].h, row - engine->from * engine->batch,
                       engine->network.hidden);
}

/* The row of c that a step begins with, and the one that it writes. */
static inline size_t rnn_cpu_cell_before(const rnn_engine *engine, size_t time) {
    return time / engine->block + (time % engine->block != 0);
}

static inline size_t rnn_cpu_cell_after(const rnn_engine *engine, size_t time) {
    return time / engine->block + 1;
}

/* cpu_memory.c: chooses the blocks and makes room for all that an engine keeps; its
 * network, options, kernels, precision and threads are set. 0 when memory is short. */
int rnn_cpu_allocate(rnn_engine *engine, const rnn_engine_options *options);
/* Frees the engine with all that it has; NULL is allowed. */
void rnn_cpu_destroy(rnn_engine *engine);

/* cpu_pack.c: room for all packed weights of an engine's network, in one block; 0 when
 * memory is short. */
int rnn_cpu_allocate_packed(rnn_engine *engine);
/* Brings the packed weights of a direction up to date, and the start
 * vectors, on these threads. */
void rnn_cpu_pack(rnn_engine *engine, rnn_threads *threads, rnn_cpu_packing direction);

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

/* The gradient C [m][n] += A^T B of a weight matrix in the engine's precision, for rows
 * [begin, end) of C; strides in floats. */
void rnn_cpu_gradient(const rnn_engine *engine, int thread, size_t rows, size_t m, size_t n,
                      const float *a, size_t a_stride, const float *b, size_t b_stride, float *c,
                      size_t c_stride, size_t begin, size_t end);

/* cpu_input.c: what layer 0 reads. The first for a sequence of n characters, the others
 * for rows of it; backwards the last rows come first, and those from 0 on finish. */
void rnn_cpu_table(rnn_engine *engine, size_t n, const int32_t *symbols);
void rnn_cpu_table_gather(rnn_engine *engine, size_t begin, size_t end);
void rnn_cpu_table_backward(rnn_engine *engine, size_t row, size_t rows, int first);

/* cpu_ngrams.c; all do nothing where the network reads no n-grams. Takes the symbols that come
 * before the next sequence, [orders][batch]; NULL for none. */
void rnn_cpu_ngrams_resume(rnn_engine *engine, const float *before);
/* Finds the rows of the table that a sequence reads, and goes on to what comes behind it. */
void rnn_cpu_ngrams_find(rnn_engine *engine, size_t length, const int32_t *symbols);
/* Fetches the vectors of steps [begin, end), which are the window; with dropout, times the
 * step's mask. */
void rnn_cpu_ngrams_read(rnn_engine *engine, size_t begin, size_t end, int dropout);
/* Adds what they say to the input sums of rows [begin, end) of [time][batch]. */
void rnn_cpu_ngrams_add(rnn_engine *engine, size_t begin, size_t end, int thread);
/* Before the way back through a sequence of n characters: clears the gradient of the vectors on
 * the list, and lists those that the sequence has met, length by length. */
void rnn_cpu_ngrams_meet(rnn_engine *engine, size_t n);
/* Lists all of them, for a gradient that comes from elsewhere. */
void rnn_cpu_ngrams_meet_all(rnn_engine *engine);
/* Adds the gradient that the window's `rows` rows from `row` on give. */
void rnn_cpu_ngrams_backward(rnn_engine *engine, size_t row, size_t rows);

/* cpu_forward.c: all layers through a window, steps [begin, end) of the sequence; h of the
 * top layer holds the result. With dropout, the masks are those of `step`. */
void rnn_cpu_forward(rnn_engine *engine, size_t begin, size_t end, int dropout, uint64_t step);
/* cpu_few.c: whether the steps of a sequence are for few streams and large weights;
 * and then steps [begin, end) of a layer, whose input sums are already there if `summed`. */
int rnn_cpu_is_few(const rnn_engine *engine);
void rnn_cpu_few(rnn_engine *engine, size_t layer, size_t begin, size_t end, int summed);
/* Adds the state's share to the gate sums of rows [row, row + rows) of [time][batch], for
 * columns [begin, end) on one side of the GRU's q; `state` is those rows of h. */
void rnn_cpu_state_sums(rnn_engine *engine, size_t layer, size_t row, size_t rows,
                        rnn_operand state, size_t begin, size_t end);
/* The cells of units [begin, end) of rows [row, row + rows) of [time][batch], which lie
 * within a step, from c_prev and into c of these rows where there is a c. */
void rnn_cpu_cells(rnn_engine *engine, size_t layer, size_t row, size_t rows, const float *c_prev,
                   float *c, size_t begin, size_t end);
/* The same on the way forward: the sums go into the history first, where there is one. */
void rnn_cpu_step_cells(rnn_engine *engine, size_t layer, size_t row, size_t rows, size_t begin,
                        size_t end);
/* cpu_trace.c: units [begin, end) that are held, of rows [row, row + rows) of [time][batch],
 * which lie within a step whose cells are done; c is theirs, or NULL. */
void rnn_cpu_hold(rnn_engine *engine, size_t layer, size_t row, size_t rows, float *c, size_t begin,
                  size_t end);
/* What the probes see of each step of a sequence that was just read; values
 * [length][batch][count]. */
void rnn_cpu_look(rnn_engine *engine, size_t length, const rnn_probe *probes, size_t count,
                  float *values);

/* Row 0 of h and c becomes the last of the sequence: what the next one begins with. */
void rnn_cpu_carry(rnn_engine *engine, size_t length);

/* cpu_dropout.c: rows [begin, end) of [time][batch] times the mask of a layer's output;
 * `from` and `to` are the first of them. */
void rnn_cpu_dropout(const rnn_engine *engine, size_t layer, uint64_t step, size_t begin,
                     size_t end, const float *from, float *to);
/* Makes the output mask of a step, where there is output dropout. */
void rnn_cpu_output_mask(rnn_engine *engine, uint64_t step);
/* Rows [row, row + rows) of [time][batch], each times its stream's row of that mask; `from`
 * and `to` are the first of them. */
void rnn_cpu_output_dropout(const rnn_engine *engine, size_t row, size_t rows, const float *from,
                            float *to);
/* Makes the n-grams' mask of a step for the rows of a sequence, where they are dropped. */
void rnn_cpu_ngram_mask(rnn_engine *engine, size_t rows, uint64_t step);
/* Weight drop: writes the recurrent weights of a step, thinned, to their places in the
 * gradient, which is not needed before the way back; they are packed from there. And thins
 * their gradient, with the same masks. */
void rnn_cpu_thin_weights(rnn_engine *engine, uint64_t step);
void rnn_cpu_thin_gradient(rnn_engine *engine);
size_t rnn_cpu_mask_bytes(const rnn_engine *engine);

/* cpu_history.c: does nothing where there is no history. Rounds the gate sums of units
 * [begin, end) of rows [row, row + rows) and keeps them. */
void rnn_cpu_keep_sums(rnn_engine *engine, size_t layer, size_t row, size_t rows, size_t begin,
                       size_t end);
/* h of streams [stream, stream + rows) before the window, and behind `steps` steps of it. */
void rnn_cpu_enter_window(rnn_engine *engine, size_t layer, size_t stream, size_t rows);
void rnn_cpu_leave_window(rnn_engine *engine, size_t layer, size_t steps, size_t stream,
                          size_t rows);
/* Activations, h, c_again and what the layer above reads, of `steps` steps of the window:
 * the same bits as on the way forward, whose dropout's masks were those of `step`. */
void rnn_cpu_remake(rnn_engine *engine, size_t layer, size_t steps, uint64_t step);

/* cpu_output.c: loss and hits of rows [row, row + rows) of the window; or these with the
 * gradient of the output layer and top_dh, whose sums over rows of the loss are
 * multiplied by scale. */
void rnn_cpu_output(rnn_engine *engine, size_t row, size_t rows, const int32_t *targets);
void rnn_cpu_output_backward(rnn_engine *engine, size_t row, size_t rows, const int32_t *targets,
                             float scale);
/* logits [rows][symbols] of the first rows of a window that begins the sequence. */
void rnn_cpu_logits(rnn_engine *engine, size_t rows, float *logits);

/* cpu_backward.c: from the targets through all layers into the gradient of the mean
 * loss; losses and hits on the way. */
void rnn_cpu_backward(rnn_engine *engine, size_t length, const int32_t *targets, uint64_t step);

/* cpu_update.c */
double rnn_cpu_update(rnn_engine *engine, const rnn_update *update);
double rnn_cpu_adapt(rnn_engine *engine, const rnn_adaptation *how);

#endif
