/* SPDX-License-Identifier: MIT
 *
 * test_workload.c - the names of configurations, and how much work they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/memory.h"
#include "bench/workload.h"

#define MOST 64

/* Reads a list and compares the names of what it stands for, parted by "; ". */
static void stands_for_with(int has_bf16, const char *list, rnn_precision precision,
                            const char *wanted) {
    rnn_workload *found;
    rnn_error error = {0};
    size_t count;
    char names[MOST * RNN_WORKLOAD_NAME] = "";
    if (rnn_workload_list(&found, &count, list, precision, has_bf16, &error) != RNN_OK)
        fail_msg("%s", error.message);
    assert_in_range(count, 1, MOST);
    for (size_t i = 0; i < count; i++) {
        char *end = names + strlen(names);
        if (i > 0)
            end += strlen(strcpy(end, "; "));
        rnn_workload_name(&found[i], end);
    }
    assert_string_equal(names, wanted);
    rnn_free(found);
}

static void stands_for(const char *list, rnn_precision precision, const char *wanted) {
    stands_for_with(0, list, precision, wanted);
}

static void parts_of_names_stand_for_all_that_have_them(void **state) {
    (void)state;
    stands_for("train lstm 2x512", RNN_PRECISION_FLOAT32, "train lstm 2x512 b100 s100 float32");
    stands_for("sample", RNN_PRECISION_FLOAT32,
               "sample lstm 2x512 b1 float32; sample lstm 2x512 b64 float32");
    stands_for("b64", RNN_PRECISION_FLOAT32, "sample lstm 2x512 b64 float32");
    stands_for("  gru  ,3x512 train", RNN_PRECISION_BF16,
               "train gru 2x512 b100 s100 bf16; train lstm 3x512 b50 s100 bf16");
    stands_for("int8 b1", RNN_PRECISION_FLOAT32, "sample lstm 2x512 b1 int8");
    const char *everything =
        "train lstm 2x512 b100 s100 float32; train lstm 3x512 b50 s100 float32; "
        "train gru 2x512 b100 s100 float32; train tanh 2x512 b100 s100 float32; "
        "train lstm 2x128 b50 s50 float32; evaluate lstm 2x512 b100 s100 float32; "
        "sample lstm 2x512 b1 float32; sample lstm 2x512 b64 float32";
    stands_for("", RNN_PRECISION_FLOAT32, everything);
    stands_for("  ", RNN_PRECISION_FLOAT32, everything);
    stands_for("sample", RNN_PRECISION_AUTO,
               "sample lstm 2x512 b1 float32; sample lstm 2x512 b1 bf16; "
               "sample lstm 2x512 b1 int8; sample lstm 2x512 b64 float32");
    stands_for("train gru, bf16 b1", RNN_PRECISION_AUTO,
               "train gru 2x512 b100 s100 float32; sample lstm 2x512 b1 bf16");
    stands_for("b64, sample lstm 2x512 b64, b64", RNN_PRECISION_FLOAT32,
               "sample lstm 2x512 b64 float32");
    stands_for("sample gru 1x8", RNN_PRECISION_AUTO, "sample gru 1x8 b1 float32");
}

static void bf16_is_usual_where_it_is_fast(void **state) {
    (void)state;
    static const char *const sampled = "sample lstm 2x512 b1 float32; sample lstm 2x512 b1 bf16; "
                                       "sample lstm 2x512 b1 int8; sample lstm 2x512 b64 float32";
    stands_for_with(1, "train lstm 2x512", RNN_PRECISION_AUTO,
                    "train lstm 2x512 b100 s100 float32; train lstm 2x512 b100 s100 bf16");
    stands_for_with(1, "evaluate", RNN_PRECISION_AUTO,
                    "evaluate lstm 2x512 b100 s100 float32; evaluate lstm 2x512 b100 s100 bf16");
    stands_for_with(0, "evaluate", RNN_PRECISION_AUTO, "evaluate lstm 2x512 b100 s100 float32");
    stands_for_with(1, "evaluate", RNN_PRECISION_FLOAT32, "evaluate lstm 2x512 b100 s100 float32");
    stands_for_with(1, "evaluate bf16", RNN_PRECISION_AUTO, "evaluate lstm 2x512 b100 s100 bf16");
    stands_for_with(1, "sample", RNN_PRECISION_AUTO, sampled);
    stands_for_with(0, "sample", RNN_PRECISION_AUTO, sampled);
}

static void other_names_are_configurations_of_their_own(void **state) {
    (void)state;
    stands_for("train lstm 4x256 b32 s64 float32", RNN_PRECISION_BF16,
               "train lstm 4x256 b32 s64 float32");
    stands_for("s7 1x16 tanh train", RNN_PRECISION_FLOAT32, "train tanh 1x16 b100 s7 float32");
    stands_for("train n5 lstm 1x192 b32 s64", RNN_PRECISION_BF16,
               "train lstm 1x192 n5 b32 s64 bf16");
    stands_for("sample gru 2x64", RNN_PRECISION_FLOAT32, "sample gru 2x64 b1 float32");
    stands_for("evaluate lstm 2x512 b100 s100", RNN_PRECISION_FLOAT32,
               "evaluate lstm 2x512 b100 s100 float32");
}

static void a_whole_name_stands_for_itself(void **state) {
    (void)state;
    static const char *const names[] = {
        "train lstm 2x512 b100 s100 float32",
        "evaluate gru 32x8 b1 s65536 bf16",
        "sample tanh 1x4096 b65536 int8",
        "train lstm 1x192 n16 b32 s64 float32",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        stands_for(names[i], RNN_PRECISION_FLOAT32, names[i]);
}

static void wrong_names_are_refused_with_a_reason(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"fast", "'fast' is no word"},
        {"train lstm 2x", "'2x' is no word"},
        {"train lstm x5", "'x5' is no word"},
        {"train lstm 0x5", "'0x5' is no word"},
        {"train lstm 2x5y", "is no word"},
        {"train lstm 33x5", "'33x5' is no word"},
        {"train lstm 1x65537", "is no word"},
        {"train b", "'b' is no word"},
        {"train b0", "'b0' is no word"},
        {"train s65537", "is no word"},
        {"train b5x", "'b5x' is no word"},
        {"train lstm gru", "second of its kind"},
        {"b5 b6", "second of its kind"},
        {"train 9x9", "needs a task, a cell and a size"},
        {"sample s5", "like that"},
        {"sample lstm 2x512 s5", "leave s5 out"},
        {"train,", "nothing stands there"},
        {",", "nothing stands there"},
        {"n5", "like that"},
        {"train lstm 1x8 n17", "'n17' is no word"},
        {"train gru 1x8 n1", "is no word"},
        {"n5 n6", "second of its kind"},
        {"train, ", "nothing stands there"},
        {" , ", "nothing stands there"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        rnn_workload *found = NULL;
        rnn_error error = {0};
        size_t count;
        assert_int_equal(
            rnn_workload_list(&found, &count, wrong[i][0], RNN_PRECISION_FLOAT32, 0, &error),
            RNN_ERR_RANGE);
        assert_null(found);
        if (!strstr(error.message, wrong[i][1]))
            fail_msg("'%s': %s", wrong[i][0], error.message);
    }
}

/* docs/performance.md: 6 ((2L - 1) G H^2 + (N - 1) S G H + H V) for a character trained. */
static void counts_the_work_by_the_formula(void **state) {
    (void)state;
    rnn_workload what = {.task = RNN_TASK_TRAIN,
                         .cell = RNN_CELL_LSTM,
                         .layers = 2,
                         .hidden = 512,
                         .precision = RNN_PRECISION_FLOAT32};
    assert_true(rnn_workload_flop(&what) == 6.0 * (3 * 4 * 512 * 512 + 512 * 65)); /* 19.07 M */
    what.task = RNN_TASK_EVALUATE;
    assert_true(rnn_workload_flop(&what) == 2.0 * (3 * 4 * 512 * 512 + 512 * 65));
    what.task = RNN_TASK_SAMPLE;
    assert_true(rnn_workload_flop(&what) == 2.0 * (3 * 4 * 512 * 512 + 512 * 65));
    assert_int_equal(rnn_workload_weight_bytes(&what), 4 * (3 * 4 * 512 * 512 + 512 * 65));
    what.precision = RNN_PRECISION_INT8;
    assert_int_equal(rnn_workload_weight_bytes(&what), 3 * 4 * 512 * 512 + 512 * 65);
    what.ngrams = 5;
    assert_true(rnn_workload_flop(&what) == 2.0 * ((3 * 512 + 4 * 16) * 4 * 512 + 512 * 65));
    assert_int_equal(rnn_workload_weight_bytes(&what), (3 * 512 + 4 * 16) * 4 * 512 + 512 * 65);
    what = (rnn_workload){.task = RNN_TASK_TRAIN, .cell = RNN_CELL_GRU, .layers = 1, .hidden = 100};
    assert_true(rnn_workload_flop(&what) == 6.0 * (3 * 100 * 100 + 100 * 65));
    what.cell = RNN_CELL_TANH;
    what.layers = 5;
    assert_true(rnn_workload_flop(&what) == 6.0 * (9 * 100 * 100 + 100 * 65));
}

static void fails_whole_when_memory_is_short(void **state) {
    (void)state;
    rnn_workload *found;
    size_t count;
    rnn_allocate_fail(1, 0);
    assert_int_equal(rnn_workload_list(&found, &count, "", RNN_PRECISION_FLOAT32, 0, NULL),
                     RNN_ERR_MEMORY);
    assert_null(found);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_names_stand_for_all_that_have_them),
        cmocka_unit_test(bf16_is_usual_where_it_is_fast),
        cmocka_unit_test(other_names_are_configurations_of_their_own),
        cmocka_unit_test(a_whole_name_stands_for_itself),
        cmocka_unit_test(wrong_names_are_refused_with_a_reason),
        cmocka_unit_test(counts_the_work_by_the_formula),
        cmocka_unit_test(fails_whole_when_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
