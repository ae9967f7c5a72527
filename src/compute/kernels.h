/* SPDX-License-Identifier: MIT
 *
 * kernels.h - the inner loops, as one table per instruction set.
 *
 * Every instruction set fills one constant table from its own file, compiled
 * with its own flags. The generic table is plain C and is what the others are
 * tested against.
 *
 * Same bits on any number of threads: each output number is computed from its
 * inputs in an order that depends on the sizes k, hidden, symbols or rows alone,
 * never on which rows or columns are asked for together.
 *
 * NaN and infinity are carried through, never hidden: a run that diverges shows
 * it in its losses. Floating point is IEEE throughout, denormals included.
 *
 * Arrays are row-major float32 and may lie at any address; 64-byte alignment is
 * fastest. Zero rows, columns or inputs are legal. Nothing is read or written
 * outside the sizes given. A stride is the distance between rows, in
 * floats. Letters: m rows of a batch, n outputs, k inputs; gates are PyTorch's.
 */
#ifndef RNN_KERNELS_H
#define RNN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* One optimizer step, already told its rate for this step. The equations are
 * those of torch.optim (SGD, RMSprop, Adagrad, Adam, AdamW). */
typedef struct rnn_update {
    rnn_optimizer kind;
    double rate;
    double momentum;     /* SGD */
    double alpha;        /* RMSProp */
    double beta1, beta2; /* Adam, AdamW; double, since 1 - beta is needed exactly */
    double epsilon;
    double weight_decay;
    double correction1; /* 1 - beta1^step; Adam, AdamW */
    double correction2; /* 1 - beta2^step */
    double clip_value;  /* gradients are clamped to +- this first; 0: not */
    double clip_norm;   /* then scaled so that their norm is at most this; 0: not */
    /* Of the vectors of n-grams: so many times the root mean square of all their gradients that
     * are not zero is added to epsilon. Without that, what is met for the first time moves ten
     * times as far as what is met in each step: its mean square has only begun to grow, when
     * correction2, which counts all steps, no longer makes up for that. */
    double ngram_damping;
} rnn_update;

/* One step of dynamic evaluation (Krause, Kahembwe, Murray and Renals 2018): each
 * parameter p with gradient g, where it came from and the spread s that its gradients
 * usually have, becomes
 *
 *   p + min(1, decay s) (origin - p) - rate g / (s + epsilon)
 */
typedef struct rnn_adaptation {
    double rate, decay;
    double epsilon; /* above 0 where a spread may be 0 */
} rnn_adaptation;

/* The matrix product C = start + A B in one precision, with B packed once and used
 * often. What comes before the sums, and their order:
 *
 *   float32  A and B as they are; sums in the order of k.
 *   bf16     A and B rounded to bfloat16 (to the nearest, ties to even). Products of
 *            two of those are exact in float32; they are summed in float32, pair by
 *            pair in the order of k, of each pair the second one first, as the
 *            instruction vdpbf16ps does.
 *   int8     each row of A and each column of B becomes a scale times integers q:
 *            -63 .. 63 in A, -127 .. 127 in B. The scale is max |x| / 63 or 127, and q
 *            is x times 63 or 127 / max, rounded to the nearest, ties to even. Sums of
 *            products of integers are exact, k at most 131,072; times the product of
 *            both scales they are added to start. A row or column whose max is below
 *            2^-100 counts as zero; one that is not finite gives NaN.
 *
 * So the bits of bf16 (short of numbers that are nearly denormal) and of int8 are the
 * same in all tables. */
typedef struct rnn_product {
    /* Columns come in panels of this many; ranges of columns begin at a multiple. */
    size_t panel;
    /* Bytes for a packed B [k][n]. */
    size_t (*packed_bytes)(size_t k, size_t n);
    /* Packs columns [begin, end) of B [k][n], where B(p, j) is
     * b[p * row + j * column]; what a panel has beyond n is zero. */
    void (*pack)(void *packed, const float *b, size_t row, size_t column, size_t k, size_t n,
                 size_t begin, size_t end);
    /* Converts A [m][k] into what `multiply` reads, rows of operand_floats(k) floats'
     * room, end to end. Both are NULL in float32: A is then read as it is. */
    size_t (*operand_floats)(size_t k);
    void (*convert)(size_t m, size_t k, const float *a, size_t a_stride, void *operand);
    /* For columns [begin, end): C[m][n] = start + A[m][k] B[k][n], where start is
     * C itself if accumulate, else the vector bias [n] in each row, else 0 (NULL).
     * Rows of A are a_stride floats apart: operand_floats(k) where A was converted. */
    void (*multiply)(size_t m, size_t n, size_t k, const void *a, size_t a_stride,
                     const void *packed, const float *bias, int accumulate, float *c,
                     size_t c_stride, size_t begin, size_t end);
} rnn_product;

#define RNN_PRECISIONS 4 /* those of rnn_precision */

typedef struct rnn_kernels {
    const char *name; /* "generic", "avx2", ... */

    /* --- matrix product, by rnn_precision; AUTO's is NULL */
    const rnn_product *products[RNN_PRECISIONS];
    rnn_precision automatic; /* what RNN_PRECISION_AUTO stands for in training */

    /* --- weight gradient, C[m][n] += A^T B over all rows of A [rows][m], B [rows][n] */

    /* Ranges of C's rows begin at a multiple of this. */
    size_t gradient_grain;
    /* Floats of scratch space that one call needs, whatever its range of rows. */
    size_t (*gradient_scratch)(size_t rows, size_t m, size_t n);
    /* For rows [begin, end) of C. */
    void (*gradient)(size_t rows, size_t m, size_t n, const float *a, size_t a_stride,
                     const float *b, size_t b_stride, float *c, size_t c_stride, size_t begin,
                     size_t end, float *scratch);
    /* The same of A and B rounded to bfloat16. Either sums in float32 in the order of
     * rows, the vector tables in blocks that are then added to C. */
    void (*gradient_bf16)(size_t rows, size_t m, size_t n, const float *a, size_t a_stride,
                          const float *b, size_t b_stride, float *c, size_t c_stride, size_t begin,
                          size_t end, float *scratch);
    /* out[n] += the sum over rows of A [rows][n], row by row in order. */
    void (*column_sums)(size_t rows, size_t n, const float *a, size_t a_stride, float *out);

    /* --- rows by index (one-hot and embedding inputs) */

    /* out[r] = table[index[r]], rows of n floats. */
    void (*gather)(size_t rows, size_t n, const float *table, size_t table_stride,
                   const int32_t *index, float *out, size_t out_stride);
    /* table[index[r]] += a[r] for columns [begin, end), r in order. */
    void (*scatter_add)(size_t rows, const int32_t *index, const float *a, size_t a_stride,
                        float *table, size_t table_stride, size_t begin, size_t end);

    /* --- bfloat16s as the upper halves of float32s, 16 bits each */

    /* Rounds A [rows][n] to bfloat16, to the nearest, ties to even, where it is, and
     * leaves the halves too, rows of them halves_stride halves apart. */
    void (*round_bf16)(size_t rows, size_t n, float *a, size_t a_stride, uint16_t *halves,
                       size_t halves_stride);
    /* A [rows][n] from the halves: what round_bf16 left in it. */
    void (*widen_bf16)(size_t rows, size_t n, const uint16_t *halves, size_t halves_stride,
                       float *a, size_t a_stride);

    /* --- cells, for `rows` streams side by side; h, c, dh, dc are [rows][hidden].
     * Forwards for units [begin, end) of them. */

    /* gates [rows][4 hidden] holds the sums i f g o; becomes their activations.
     * c = f c_prev + i g, h = o tanh(c). c may be c_prev. */
    void (*lstm_forward)(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                         const float *c_prev, float *c, float *h, size_t begin, size_t end);
    /* c once more from the activations that lstm_forward left in gates: the same bits. */
    void (*lstm_cell)(size_t rows, size_t hidden, const float *gates, size_t gates_stride,
                      const float *c_prev, float *c);
    /* gates holds the activations; becomes the gradient of their sums. dh is the
     * gradient of h; dc that of c, and becomes that of c_prev. */
    void (*lstm_backward)(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                          const float *c_prev, const float *c, const float *dh, float *dc);
    /* gates [rows][4 hidden] holds r z n q: the sums of r and z, n the input's
     * share W_in x + b_in, q the state's share W_hn h + b_hn; r z n become
     * activations, n = tanh(n + r q). h = (1 - z) n + z h_prev. h may be h_prev. */
    void (*gru_forward)(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                        const float *h_prev, float *h, size_t begin, size_t end);
    /* gates becomes the gradients dr dz dn (of the sums) and dq. The direct path
     * dh z is added to dh_prev, unless that is NULL. */
    void (*gru_backward)(size_t rows, size_t hidden, float *gates, size_t gates_stride,
                         const float *h_prev, const float *dh, float *dh_prev);
    /* h = tanh(sums); sums [rows][hidden] with its own stride. */
    void (*tanh_forward)(size_t rows, size_t hidden, const float *sums, size_t sums_stride,
                         float *h, size_t begin, size_t end);
    /* sums becomes dh (1 - h^2). */
    void (*tanh_backward)(size_t rows, size_t hidden, float *sums, size_t sums_stride,
                          const float *h, const float *dh);

    /* --- output */

    /* For each row of logits [rows][symbols]: losses[r] = -ln softmax(target),
     * hits[r] = 1 if the target has the largest logit (the first, of equals); with
     * scale != 0 the logits become scale * (softmax - onehot(target)). A negative
     * target is not counted: its loss, hit and gradient are 0. hits may be NULL. */
    void (*softmax_loss)(size_t rows, size_t symbols, float *logits, size_t stride,
                         const int32_t *targets, float scale, float *losses, uint8_t *hits);
    /* probabilities[symbols] = softmax(logits * sharpness), sharpness > 0. May be
     * in place. A logit of -infinity has no probability. */
    void (*softmax)(size_t symbols, const float *logits, float sharpness, float *probabilities);

    /* --- the update */

    /* Sum of squares of x, each first clamped to +- clip (0: not), in double. */
    double (*sum_of_squares)(size_t n, const float *x, float clip);
    /* One step for n parameters; gradients are clamped by update->clip_value, then
     * multiplied by scale. first and second are the optimizer's moments: SGD's
     * buffer is `first`, which has no use where momentum, or Adam's beta1, is 0;
     * RMSProp's and Adagrad's squares are `second`; unused ones may be NULL. */
    void (*update)(const rnn_update *update, float scale, size_t n, float *parameters,
                   const float *gradients, float *first, float *second);
    /* One step of dynamic evaluation for n parameters. */
    void (*adapt)(const rnn_adaptation *how, size_t n, float *parameters, const float *gradients,
                  const float *origin, const float *spread);

    /* --- what a training step leaves out */

    /* A byte of bits for each of `blocks` blocks of random numbers (rnn_random_block of key,
     * counters from `first` on, counter_high), from the lowest on for the eight 16-bit halves
     * of its words, the lower half first: 1, kept, where the half is `dropped` or more. */
    void (*choose_kept)(uint64_t key, uint64_t counter_high, uint64_t first, size_t blocks,
                        uint32_t dropped, uint8_t *kept);
    /* to[j] = from[j] * scale where bit j of `kept` (of byte j / 8, from the lowest on) is 1,
     * else 0, whatever from[j] is. May be in place. */
    void (*thin)(size_t n, const uint8_t *kept, float scale, const float *from, float *to);

    /* --- for looking inside, tests and benches */
    void (*sigmoid)(size_t n, const float *x, float *y);
    void (*tanh)(size_t n, const float *x, float *y);
} rnn_kernels;

/* The tables that this build has and this machine can run, best first, ended by
 * NULL; the last one is "generic". */
const rnn_kernels *const *rnn_kernels_available(void);

/* The table of that name. For "auto" or NULL the one that the environment variable
 * RNN_CPU names, and the best where that is unset, empty or "auto" itself.
 * RNN_ERR_RANGE for a name that does not exist, RNN_ERR_UNSUPPORTED for one that this
 * machine or build cannot run; the message lists those that it can. */
rnn_status rnn_kernels_pick(const rnn_kernels **out, const char *name, rnn_error *error);

#endif
