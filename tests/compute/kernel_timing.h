/* SPDX-License-Identifier: MIT
 *
 * kernel_timing.h - how fast each kernel of each table is, beside what the
 * processor could do at most. Part of test_kernels.c: `test_kernels --time`.
 */
#ifndef RNN_KERNEL_TIMING_H
#define RNN_KERNEL_TIMING_H

#include <stdio.h>
#include <time.h>

#include "base/memory.h"
#include "compute/cpu_features.h"
#include "compute/kernels.h"

/* This thread's own time: being set aside for other programs does not count,
 * though the caches that they take away do. */
static double now_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* GFLOP/s of one core that only multiplies and adds in registers; 0: unknown. */
#if defined(__x86_64__)
/* Twelve chains in registers of one kind, y or z. */
#define CEILING(name, instructions, kind, flops)                                                   \
    __attribute__((target(instructions))) static double name(void) {                               \
        double best = 0.0;                                                                         \
        for (int turn = 0; turn < 10; turn++) {                                                    \
            long loops = 300000;                                                                   \
            double begin = now_seconds();                                                          \
            __asm__ volatile("1:\n\t"                                                              \
                             ".irp sum,4,5,6,7,8,9,10,11,12,13,14,15\n\t"                          \
                             "vfmadd231ps %%" kind "mm0, %%" kind "mm1, %%" kind "mm\\sum\n\t"     \
                             ".endr\n\t"                                                           \
                             "dec %0\n\t"                                                          \
                             "jnz 1b\n\t"                                                          \
                             : "+r"(loops)                                                         \
                             :                                                                     \
                             : "xmm0", "xmm1", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",     \
                               "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc");        \
            double rate = 300000.0 * 12 * (flops) / (now_seconds() - begin) * 1e-9;                \
            best = rate > best ? rate : best;                                                      \
        }                                                                                          \
        return best;                                                                               \
    }
CEILING(ceiling_avx2, "avx2,fma", "y", 16)
CEILING(ceiling_avx512, "avx512f", "z", 32)

static double ceiling(void) {
    if (rnn_cpu_features_avx512())
        return ceiling_avx512();
    return rnn_cpu_features_avx2() ? ceiling_avx2() : 0.0;
}
#else
static double ceiling(void) {
    return 0.0;
}
#endif

/* Room for the largest shapes below. */
typedef struct workspace {
    float *a, *b, *c, *packed, *scratch;
    int32_t *index;
    uint8_t *hits;
} workspace;

typedef struct timing {
    const rnn_kernels *kernels;
    workspace *space;
    size_t m, n, k; /* their meaning is the kernel's */
    int flag;
    rnn_precision precision; /* of products */
} timing;

typedef void (*timed)(const timing *t);

/* The median of the seconds of a call, over about `budget` seconds. */
static double median_seconds(timed call, const timing *t, double budget) {
    enum { MOST = 301 };
    double took[MOST];
    int count = 0;
    call(t);
    for (double begin = now_seconds(); count < MOST;) {
        double from = now_seconds();
        call(t);
        double to = now_seconds();
        int at = count++;
        for (; at > 0 && took[at - 1] > to - from; at--)
            took[at] = took[at - 1];
        took[at] = to - from;
        if (to - begin > budget && count >= 3)
            break;
    }
    return took[count / 2];
}

static void call_product(const timing *t) {
    const rnn_product *by = t->kernels->products[t->precision];
    const void *a = t->space->a;
    size_t a_stride = t->k;
    if (by->convert) {
        by->convert(t->m, t->k, t->space->a, t->k, t->space->scratch);
        a = t->space->scratch;
        a_stride = by->operand_floats(t->k);
    }
    by->multiply(t->m, t->n, t->k, a, a_stride, t->space->packed, NULL, t->flag, t->space->c, t->n,
                 0, t->n);
}

static void call_gradient(const timing *t) {
    t->kernels->gradient(t->m, t->n, t->k, t->space->a, t->n, t->space->b, t->k, t->space->c, t->k,
                         0, t->n, t->space->scratch);
}

static void call_gradient_bf16(const timing *t) {
    t->kernels->gradient_bf16(t->m, t->n, t->k, t->space->a, t->n, t->space->b, t->k, t->space->c,
                              t->k, 0, t->n, t->space->scratch);
}

static void call_convert(const timing *t) {
    t->kernels->products[t->precision]->convert(t->m, t->n, t->space->a, t->n, t->space->scratch);
}

static void call_round_bf16(const timing *t) {
    t->kernels->round_bf16(t->m, t->n, t->space->a, t->n, (uint16_t *)(void *)t->space->c, t->n);
}

static void call_widen_bf16(const timing *t) {
    t->kernels->widen_bf16(t->m, t->n, (const uint16_t *)(const void *)t->space->b, t->n,
                           t->space->c, t->n);
}

static void call_choose_kept(const timing *t) {
    t->kernels->choose_kept(1, 2, 0, t->n, 13107, (uint8_t *)(void *)t->space->c);
}

static void call_thin(const timing *t) {
    t->kernels->thin(t->n, (const uint8_t *)(const void *)t->space->b, 1.25f, t->space->a,
                     t->space->c);
}

static void call_pack(const timing *t) {
    t->kernels->products[t->precision]->pack(t->space->packed, t->space->b, t->flag ? 1 : t->n,
                                             t->flag ? t->k : 1, t->k, t->n, 0, t->n);
}

static void call_column_sums(const timing *t) {
    t->kernels->column_sums(t->m, t->n, t->space->a, t->n, t->space->c);
}

static void call_gather(const timing *t) {
    t->kernels->gather(t->m, t->n, t->space->b, t->n, t->space->index, t->space->c, t->n);
}

static void call_scatter_add(const timing *t) {
    t->kernels->scatter_add(t->m, t->space->index, t->space->a, t->n, t->space->c, t->n, 0, t->n);
}

static void call_lstm_forward(const timing *t) {
    t->kernels->lstm_forward(t->m, t->n, t->space->a, 4 * t->n, t->space->b, t->space->b,
                             t->space->c, 0, t->n);
}

static void call_lstm_cell(const timing *t) {
    t->kernels->lstm_cell(t->m, t->n, t->space->a, 4 * t->n, t->space->b, t->space->c);
}

static void call_lstm_backward(const timing *t) {
    t->kernels->lstm_backward(t->m, t->n, t->space->a, 4 * t->n, t->space->b, t->space->b,
                              t->space->packed, t->space->c);
}

static void call_gru_forward(const timing *t) {
    t->kernels->gru_forward(t->m, t->n, t->space->a, 4 * t->n, t->space->b, t->space->c, 0, t->n);
}

static void call_gru_backward(const timing *t) {
    t->kernels->gru_backward(t->m, t->n, t->space->a, 4 * t->n, t->space->b, t->space->packed,
                             t->space->c);
}

static void call_tanh_forward(const timing *t) {
    t->kernels->tanh_forward(t->m, t->n, t->space->a, t->n, t->space->c, 0, t->n);
}

static void call_softmax_loss(const timing *t) {
    t->kernels->softmax_loss(t->m, t->n, t->space->a, t->n, t->space->index, 1.0f, t->space->c,
                             t->space->hits);
}

static void call_sum_of_squares(const timing *t) {
    t->space->c[0] = (float)t->kernels->sum_of_squares(t->n, t->space->a, 0.0f);
}

static void call_update(const timing *t) {
    const rnn_update how = {.kind = (rnn_optimizer)t->flag,
                            .rate = 1e-9,
                            .momentum = 0.9,
                            .alpha = 0.95,
                            .beta1 = 0.9,
                            .beta2 = 0.999,
                            .epsilon = 1e-8,
                            .correction1 = 0.1,
                            .correction2 = 0.001};
    t->kernels->update(&how, 1.0f, t->n, t->space->a, t->space->b, t->space->c, t->space->packed);
}

static const struct shape {
    const char *name;
    timed call;
    size_t m, n, k;
    int flag;
    double flops;            /* times m n k; 0: report ns per element instead */
    rnn_precision precision; /* of products */
} shapes[] = {
    {"product", call_product, 100, 2048, 512, 1, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 50, 2048, 512, 1, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 25, 2048, 512, 1, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 50, 512, 2048, 1, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 10000, 2048, 512, 0, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 10000, 512, 2048, 0, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 10000, 65, 512, 0, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 10000, 512, 65, 0, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 1, 2048, 512, 1, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 2, 2048, 512, 1, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 3, 2048, 512, 1, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 4, 2048, 512, 1, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 50, 512, 128, 1, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 50, 128, 512, 1, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 2500, 512, 128, 0, 2, RNN_PRECISION_FLOAT32},
    {"product", call_product, 1, 512, 128, 1, 2, RNN_PRECISION_FLOAT32},
    {"product bf16", call_product, 10000, 2048, 512, 0, 2, RNN_PRECISION_BF16},
    {"product bf16", call_product, 100, 2048, 512, 0, 2, RNN_PRECISION_BF16},
    {"product bf16", call_product, 8, 2048, 512, 0, 2, RNN_PRECISION_BF16},
    {"product bf16", call_product, 4, 2048, 512, 0, 2, RNN_PRECISION_BF16},
    {"product bf16", call_product, 2, 2048, 512, 0, 2, RNN_PRECISION_BF16},
    {"product bf16", call_product, 1, 2048, 512, 0, 2, RNN_PRECISION_BF16},
    {"pack rows bf16", call_pack, 1, 2048, 512, 0, 0, RNN_PRECISION_BF16},
    {"pack transp. bf16", call_pack, 1, 2048, 512, 1, 0, RNN_PRECISION_BF16},
    {"product int8", call_product, 10000, 2048, 512, 0, 2, RNN_PRECISION_INT8},
    {"product int8", call_product, 100, 2048, 512, 0, 2, RNN_PRECISION_INT8},
    {"product int8", call_product, 8, 2048, 512, 0, 2, RNN_PRECISION_INT8},
    {"product int8", call_product, 4, 2048, 512, 0, 2, RNN_PRECISION_INT8},
    {"product int8", call_product, 2, 2048, 512, 0, 2, RNN_PRECISION_INT8},
    {"product int8", call_product, 1, 2048, 512, 0, 2, RNN_PRECISION_INT8},
    {"pack rows int8", call_pack, 1, 2048, 512, 0, 0, RNN_PRECISION_INT8},
    {"pack transp. int8", call_pack, 1, 2048, 512, 1, 0, RNN_PRECISION_INT8},
    {"gradient", call_gradient, 10000, 2048, 512, 0, 2, RNN_PRECISION_AUTO},
    {"gradient", call_gradient, 10000, 65, 512, 0, 2, RNN_PRECISION_AUTO},
    {"gradient", call_gradient, 2500, 512, 128, 0, 2, RNN_PRECISION_AUTO},
    {"gradient bf16", call_gradient_bf16, 10000, 2048, 512, 0, 2, RNN_PRECISION_AUTO},
    {"gradient bf16", call_gradient_bf16, 600, 2048, 512, 0, 2, RNN_PRECISION_AUTO},
    {"gradient bf16", call_gradient_bf16, 2500, 512, 128, 0, 2, RNN_PRECISION_AUTO},
    {"convert bf16", call_convert, 96, 512, 1, 0, 0, RNN_PRECISION_BF16},
    {"convert int8", call_convert, 96, 512, 1, 0, 0, RNN_PRECISION_INT8},
    {"round_bf16", call_round_bf16, 50, 2048, 1, 0, 0, RNN_PRECISION_AUTO},
    {"widen_bf16", call_widen_bf16, 50, 2048, 1, 0, 0, RNN_PRECISION_AUTO},
    {"pack rows", call_pack, 1, 2048, 512, 0, 0, RNN_PRECISION_FLOAT32},
    {"pack transposed", call_pack, 1, 2048, 512, 1, 0, RNN_PRECISION_FLOAT32},
    {"column_sums", call_column_sums, 5000, 2048, 1, 0, 0, RNN_PRECISION_AUTO},
    {"gather", call_gather, 5000, 2048, 1, 0, 0, RNN_PRECISION_AUTO},
    {"scatter_add", call_scatter_add, 5000, 2048, 1, 0, 0, RNN_PRECISION_AUTO},
    {"lstm_forward", call_lstm_forward, 50, 512, 1, 0, 0, RNN_PRECISION_AUTO},
    {"lstm_cell", call_lstm_cell, 50, 512, 1, 0, 0, RNN_PRECISION_AUTO},
    {"lstm_backward", call_lstm_backward, 50, 512, 1, 0, 0, RNN_PRECISION_AUTO},
    {"gru_forward", call_gru_forward, 50, 512, 1, 0, 0, RNN_PRECISION_AUTO},
    {"gru_backward", call_gru_backward, 50, 512, 1, 0, 0, RNN_PRECISION_AUTO},
    {"tanh_forward", call_tanh_forward, 50, 512, 1, 0, 0, RNN_PRECISION_AUTO},
    {"softmax_loss", call_softmax_loss, 1000, 65, 1, 0, 0, RNN_PRECISION_AUTO},
    {"sum_of_squares", call_sum_of_squares, 1, 3000000, 1, 0, 0, RNN_PRECISION_AUTO},
    {"choose_kept", call_choose_kept, 1, 131072, 1, 0, 0, RNN_PRECISION_AUTO},
    {"thin", call_thin, 1, 1048576, 1, 0, 0, RNN_PRECISION_AUTO},
    {"update sgd", call_update, 1, 3000000, 1, RNN_SGD, 0, RNN_PRECISION_AUTO},
    {"update rmsprop", call_update, 1, 3000000, 1, RNN_RMSPROP, 0, RNN_PRECISION_AUTO},
    {"update adam", call_update, 1, 3000000, 1, RNN_ADAM, 0, RNN_PRECISION_AUTO},
};

static int time_kernels(void) {
    const size_t most = 10000u * 2048u;
    workspace space = {
        .a = rnn_allocate(most, sizeof(float)),
        .b = rnn_allocate(most, sizeof(float)),
        .c = rnn_allocate(most, sizeof(float)),
        .packed = rnn_allocate((size_t)4 << 20, sizeof(float)),
        .scratch = rnn_allocate((size_t)8 << 20, sizeof(float)),
        .index = rnn_allocate(10000, sizeof(int32_t)),
        .hits = rnn_allocate(10000, 1),
    };
    if (!space.a || !space.b || !space.c || !space.packed || !space.scratch || !space.index ||
        !space.hits)
        return 1;
    for (size_t i = 0; i < 10000; i++)
        space.index[i] = (int32_t)(i * 7 % 65);
    const rnn_kernels *const *table = rnn_kernels_available();
    double top = ceiling();
    printf("multiply-add ceiling of this core: %.1f GFLOP/s\n", top);
    for (; *table; table++) {
        int slow = table[1] == NULL;
        printf("\n%-16s %-18s %10s %9s %7s\n", (*table)->name, "m x n x k", "us", "GFLOP/s", "%");
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            const struct shape *s = &shapes[i];
            double size = (double)s->m * (double)s->n * (double)s->k;
            if (slow && size > 1e9)
                continue;
            for (size_t j = 0; j < most; j++)
                space.a[j] = space.b[j] = (float)(j % 97) * 0.01f - 0.5f;
            const timing t = {*table, &space, s->m, s->n, s->k, s->flag, s->precision};
            double seconds = median_seconds(s->call, &t, size > 1e9 ? 0.6 : 0.15);
            char text[64];
            snprintf(text, sizeof text, "%zu x %zu x %zu", s->m, s->n, s->k);
            printf("%-16s %-18s %10.1f ", s->name, text, seconds * 1e6);
            if (s->flops > 0)
                printf("%9.1f %7.1f\n", s->flops * size / seconds * 1e-9,
                       top > 0 ? s->flops * size / seconds * 1e-7 / top : 0.0);
            else
                printf("%9.3f ns each\n", seconds / size * 1e9);
            fflush(stdout);
        }
    }
    rnn_free(space.a);
    rnn_free(space.b);
    rnn_free(space.c);
    rnn_free(space.packed);
    rnn_free(space.scratch);
    rnn_free(space.index);
    rnn_free(space.hits);
    return 0;
}

#endif
