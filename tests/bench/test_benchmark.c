/* SPDX-License-Identifier: MIT
 *
 * test_benchmark.c - figures that hang together, of small networks. How fast
 * anything is, no test says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "bench/benchmark.h"
#include "bench/caches.h"
#include "compute/kernels.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const rnn_workload small[] = {
    {RNN_TASK_TRAIN, RNN_CELL_LSTM, 2, 16, 0, 3, 5, RNN_PRECISION_FLOAT32},
    {RNN_TASK_EVALUATE, RNN_CELL_GRU, 1, 16, 0, 2, 4, RNN_PRECISION_FLOAT32},
    {RNN_TASK_SAMPLE, RNN_CELL_TANH, 1, 16, 0, 1, 1, RNN_PRECISION_FLOAT32},
    {RNN_TASK_SAMPLE, RNN_CELL_LSTM, 1, 16, 0, 4, 1, RNN_PRECISION_FLOAT32},
    {RNN_TASK_SAMPLE, RNN_CELL_GRU, 1, 16, 0, 1, 1, RNN_PRECISION_INT8},
    {RNN_TASK_EVALUATE, RNN_CELL_LSTM, 1, 16, 0, 2, 4, RNN_PRECISION_BF16},
    {RNN_TASK_TRAIN, RNN_CELL_LSTM, 1, 16, 4, 3, 5, RNN_PRECISION_FLOAT32},
    {RNN_TASK_SAMPLE, RNN_CELL_GRU, 1, 16, 3, 2, 1, RNN_PRECISION_FLOAT32},
};

typedef struct visits {
    int calls, last_round;
} visits;

static void count_visits(void *context, int round, const rnn_workload *what) {
    visits *seen = context;
    assert_ptr_equal(what, &small[seen->calls % (int)COUNT(small)]);
    assert_int_equal(round, seen->calls / (int)COUNT(small));
    seen->last_round = round;
    seen->calls++;
}

static void check(const rnn_benchmark *plan, const rnn_benchmark_result *result) {
    for (size_t i = 0; i < plan->count; i++) {
        const rnn_figure *found = &result->figures[i];
        assert_true(found->least > 0 && found->least <= found->rate && found->rate <= found->most);
        assert_true(found->share > 0 && isfinite(found->share));
        double flops = found->rate * rnn_workload_flop(&plan->workloads[i]);
        assert_true(fabs(found->flops - flops) <= 1e-9 * flops);
        assert_true(result->ceilings[found->ceiling] > 0);
        int dots = plan->workloads[i].precision == RNN_PRECISION_BF16 &&
                   result->ceilings[RNN_CEILING_BF16] > 0;
        if (plan->workloads[i].task != RNN_TASK_SAMPLE)
            assert_int_equal(found->ceiling, dots ? RNN_CEILING_BF16 : RNN_CEILING_FMA);
    }
    assert_true(result->ceilings[RNN_CEILING_L2] > 0);
    assert_true(result->ceilings[RNN_CEILING_MEMORY] > 0);
}

static void measures_all_in_turn_with_all_kernels(void **state) {
    (void)state;
    for (const rnn_kernels *const *k = rnn_kernels_available(); *k; k++) {
        for (int threads = 1; threads <= 3; threads++) {
            visits seen = {0, -1};
            rnn_benchmark plan = {.workloads = small,
                                  .count = COUNT(small),
                                  .threads = threads,
                                  .cpu = (*k)->name,
                                  .rounds = 3,
                                  .seconds = 1e-4,
                                  .listener = count_visits,
                                  .context = &seen};
            rnn_benchmark_result result;
            rnn_error error = {0};
            if (rnn_benchmark_run(&result, &plan, &error) != RNN_OK)
                fail_msg("%s", error.message);
            assert_string_equal(result.kernels, (*k)->name);
            assert_int_equal(result.threads, threads);
            assert_int_equal(seen.last_round, plan.rounds);
            assert_int_equal(seen.calls, (plan.rounds + 1) * (int)plan.count);
            check(&plan, &result);
            assert_int_equal(result.ceilings[RNN_CEILING_BF16] > 0,
                             (*k)->automatic == RNN_PRECISION_BF16);
            rnn_free(result.figures);
        }
    }
}

/* With one round both ceilings beside the work are those that are told. */
static void integers_have_four_times_the_ceiling_of_floats(void **state) {
    (void)state;
    static const rnn_precision precisions[] = {RNN_PRECISION_FLOAT32, RNN_PRECISION_INT8};
    for (size_t i = 0; i < COUNT(precisions); i++) {
        rnn_workload what = {RNN_TASK_EVALUATE, RNN_CELL_LSTM, 1, 16, 0, 2, 4, precisions[i]};
        rnn_benchmark plan = {
            .workloads = &what, .count = 1, .threads = 1, .cpu = "auto", .rounds = 1};
        rnn_benchmark_result result;
        assert_int_equal(rnn_benchmark_run(&result, &plan, NULL), RNN_OK);
        const rnn_figure *found = &result.figures[0];
        double whole = (i == 0 ? 1 : 4) * result.ceilings[RNN_CEILING_FMA];
        assert_true(fabs(found->share * whole - found->flops) <= 1e-9 * found->flops);
        rnn_free(result.figures);
    }
}

/* The more bytes, the farther away; and caches are held to what they have room for. */
static void weights_lie_where_they_have_room(void **state) {
    (void)state;
    rnn_ceilings *one, *two;
    assert_int_equal(rnn_ceilings_create(&one, "generic", 1, NULL), RNN_OK);
    assert_int_equal(rnn_ceilings_create(&two, "generic", 2, NULL), RNN_OK);
    assert_int_equal(rnn_ceilings_level(one, 1), RNN_CEILING_L2);
    assert_int_equal(rnn_ceilings_level(one, SIZE_MAX / 2), RNN_CEILING_MEMORY);
    for (size_t bytes = 1; bytes < (size_t)1 << 40; bytes *= 2) {
        assert_true(rnn_ceilings_level(one, bytes) <= rnn_ceilings_level(one, 2 * bytes));
        /* Two cores have two second caches. */
        assert_true(rnn_ceilings_level(two, bytes) <= rnn_ceilings_level(one, bytes));
    }
    rnn_ceilings_destroy(one);
    rnn_ceilings_destroy(two);
}

/* What is read as the third cache's lies in it, on any machine, and not in the second. */
static void shares_fit_the_third_cache(void **state) {
    (void)state;
    const size_t kb = 1024, mb = 1024 * kb;
    const rnn_caches machines[] = {
        {mb, 32 * mb, 2},          {mb, 32 * mb, 16},     {2 * mb, 105 * mb, 112},
        {mb, 16 * mb + mb / 2, 2}, {256 * kb, 8 * mb, 8}, {512 * kb, 4 * mb, 4},
        {1280 * kb, 54 * mb, 72},
    };
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        for (size_t cores = 1; cores <= machines[i].l3_shared; cores++) {
            size_t share = rnn_caches_share(&machines[i], cores);
            assert_true(share == 0 || share > machines[i].l2);
            assert_true(share * cores <= machines[i].l3 / 4 * 3);
        }
    assert_int_equal(rnn_caches_share(&machines[0], 2), 8 * mb);
    assert_int_equal(rnn_caches_share(&machines[2], 112), 0);
    const rnn_caches none = {mb, 0, 1};
    assert_int_equal(rnn_caches_share(&none, 1), 0);
}

static rnn_status run_with(const rnn_workload *what, int threads, const char *cpu,
                           rnn_error *error) {
    rnn_benchmark plan = {
        .workloads = what, .count = 1, .threads = threads, .cpu = cpu, .rounds = 1};
    rnn_benchmark_result result;
    rnn_status status = rnn_benchmark_run(&result, &plan, error);
    if (status != RNN_OK)
        assert_null(result.figures);
    rnn_free(result.figures);
    return status;
}

static void refuses_what_it_cannot_measure(void **state) {
    (void)state;
    rnn_error error = {0};
    assert_int_equal(run_with(&small[0], 1, "nothing", &error), RNN_ERR_RANGE);
    assert_int_equal(run_with(&small[0], 4096, "auto", &error), RNN_ERR_RANGE);
    rnn_workload halves = small[0];
    halves.precision = RNN_PRECISION_INT8;
    assert_int_equal(run_with(&halves, 1, "auto", &error), RNN_ERR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "train lstm 2x16 b3 s5 int8"));
    halves.precision = RNN_PRECISION_BF16;
    assert_int_equal(run_with(&halves, 1, "generic", &error), RNN_ERR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "avx512_bf16"));
}

static void fails_whole_when_memory_is_short(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(small); i++) {
        rnn_status status = RNN_ERR_MEMORY;
        for (uint64_t nth = 1; status != RNN_OK; nth++) {
            rnn_allocate_fail(nth, 0);
            status = run_with(&small[i], 1, "auto", NULL);
            rnn_allocate_fail(0, 0);
            assert_true(status == RNN_OK || status == RNN_ERR_MEMORY);
            assert_true(nth < 1000);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_all_in_turn_with_all_kernels),
        cmocka_unit_test(integers_have_four_times_the_ceiling_of_floats),
        cmocka_unit_test(weights_lie_where_they_have_room),
        cmocka_unit_test(shares_fit_the_third_cache),
        cmocka_unit_test(refuses_what_it_cannot_measure),
        cmocka_unit_test(fails_whole_when_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
