/* SPDX-License-Identifier: MIT
 *
 * cpu_product.c - products with packed weights and gradients of weights, whatever the
 * precision.
 */
#include "compute/cpu/cpu_engine.h"

float *rnn_cpu_room(const rnn_engine *e, int thread) {
    return e->operands ? e->operands + (size_t)thread * RNN_CPU_OPERAND_ROWS * e->operand_floats
                       : NULL;
}

rnn_operand rnn_cpu_convert(const rnn_packed *b, size_t rows, const float *a, size_t a_stride,
                            float *room) {
    if (!b->by->convert)
        return (rnn_operand){a, a_stride};
    b->by->convert(rows, b->k, a, a_stride, room);
    return (rnn_operand){room, b->by->operand_floats(b->k)};
}

void rnn_cpu_multiply(const rnn_packed *b, size_t rows, rnn_operand a, const float *bias,
                      int accumulate, float *c, size_t c_stride, size_t begin, size_t end) {
    b->by->multiply(rows, b->n, b->k, a.rows, a.stride, b->data, bias, accumulate, c, c_stride,
                    begin, end);
}

void rnn_cpu_product(const rnn_packed *b, size_t rows, const float *a, size_t a_stride,
                     const float *bias, int accumulate, float *c, size_t c_stride, size_t begin,
                     size_t end, float *room) {
    size_t most = b->by->convert ? RNN_CPU_OPERAND_ROWS : rows;
    for (size_t row = 0; row < rows; row += most) {
        size_t count = rows - row < most ? rows - row : most;
        rnn_operand operand = rnn_cpu_convert(b, count, a + row * a_stride, a_stride, room);
        rnn_cpu_multiply(b, count, operand, bias, accumulate, c + row * c_stride, c_stride, begin,
                         end);
    }
}

void rnn_cpu_gradient(const rnn_engine *e, int thread, size_t rows, size_t m, size_t n,
                      const float *a, size_t a_stride, const float *b, size_t b_stride, float *c,
                      size_t c_stride, size_t begin, size_t end) {
    float *scratch = e->scratch + (size_t)thread * e->scratch_floats;
    if (e->precision == RNN_PRECISION_BF16)
        e->kernels->gradient_bf16(rows, m, n, a, a_stride, b, b_stride, c, c_stride, begin, end,
                                  scratch);
    else
        e->kernels->gradient(rows, m, n, a, a_stride, b, b_stride, c, c_stride, begin, end,
                             scratch);
}
