/* SPDX-License-Identifier: MIT
 *
 * test_kernels_choice.c - which kernels there are, and which are taken: by name, by
 * RNN_CPU, or the best. `test_kernels_choice --list` prints the names, best first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compute/cpu_features.h"
#include "tests/compute/guarded.h"

static const char *const known[] = {"avx512bf16", "avx512", "avx2", "neon"};
static const char *const unknown[] = {"avx", "AVX2", "generic2"};

static int is_available(const char *name) {
    FOR_TABLES(k) {
        if (strcmp(k->name, name) == 0)
            return 1;
    }
    return 0;
}

static int forget_the_wish(void **state) {
    (void)state;
    return unsetenv("RNN_CPU");
}

static void picks_by_name(void **state) {
    (void)state;
    const rnn_kernels *const *all = rnn_kernels_available(), *found = NULL;
    const rnn_kernels *last = NULL;
    assert_int_equal(rnn_kernels_pick(&found, NULL, NULL), RNN_OK);
    assert_ptr_equal(found, all[0]);
    assert_int_equal(rnn_kernels_pick(&found, "auto", NULL), RNN_OK);
    assert_ptr_equal(found, all[0]);
    FOR_TABLES(k) {
        assert_int_equal(rnn_kernels_pick(&found, k->name, NULL), RNN_OK);
        assert_ptr_equal(found, k);
        last = k;
    }
    assert_string_equal(last->name, "generic");
}

static void refuses(const char *name, rnn_status status, rnn_error *error) {
    const rnn_kernels *found;
    memset(error, 0, sizeof *error);
    assert_int_equal(rnn_kernels_pick(&found, name, error), status);
    assert_null(found);
    assert_non_null(strstr(error->message, "auto"));
    FOR_TABLES(k) {
        assert_non_null(strstr(error->message, k->name));
    }
}

static void refuses_what_it_cannot_run(void **state) {
    (void)state;
    rnn_error error;
    for (size_t i = 0; i < COUNT(known); i++)
        if (!is_available(known[i])) {
            refuses(known[i], RNN_ERR_UNSUPPORTED, &error);
            assert_non_null(strstr(error.message, known[i]));
        }
    refuses("", RNN_ERR_RANGE, &error);
    for (size_t i = 0; i < COUNT(unknown); i++) {
        refuses(unknown[i], RNN_ERR_RANGE, &error);
        assert_null(strstr(error.message, "RNN_CPU"));
    }
}

/* It stands in for what nobody named, and for nothing else. */
static void the_environment_says_what_auto_is(void **state) {
    (void)state;
    const rnn_kernels *best = rnn_kernels_available()[0], *found;
    FOR_TABLES(k) {
        setenv("RNN_CPU", k->name, 1);
        assert_int_equal(rnn_kernels_pick(&found, NULL, NULL), RNN_OK);
        assert_ptr_equal(found, k);
        assert_int_equal(rnn_kernels_pick(&found, "auto", NULL), RNN_OK);
        assert_ptr_equal(found, k);
        assert_int_equal(rnn_kernels_pick(&found, best->name, NULL), RNN_OK);
        assert_ptr_equal(found, best);
    }
    static const char *const nothing[] = {"", "auto"};
    for (size_t i = 0; i < COUNT(nothing); i++) {
        setenv("RNN_CPU", nothing[i], 1);
        assert_int_equal(rnn_kernels_pick(&found, "auto", NULL), RNN_OK);
        assert_ptr_equal(found, best);
    }
}

static void the_environment_may_be_wrong(void **state) {
    (void)state;
    rnn_error error;
    for (size_t i = 0; i < COUNT(known); i++)
        if (!is_available(known[i])) {
            setenv("RNN_CPU", known[i], 1);
            refuses("auto", RNN_ERR_UNSUPPORTED, &error);
            assert_non_null(strstr(error.message, known[i]));
            assert_non_null(strstr(error.message, "RNN_CPU"));
        }
    for (size_t i = 0; i < COUNT(unknown); i++) {
        setenv("RNN_CPU", unknown[i], 1);
        refuses(NULL, RNN_ERR_RANGE, &error);
        assert_non_null(strstr(error.message, "RNN_CPU"));
        const rnn_kernels *found; /* a name on the command line comes first */
        assert_int_equal(rnn_kernels_pick(&found, "generic", NULL), RNN_OK);
        refuses("other", RNN_ERR_RANGE, &error);
        assert_null(strstr(error.message, "RNN_CPU"));
    }
}

/* A level implies those below it, and the list says the same. */
static void features_agree_with_the_list(void **state) {
    (void)state;
    assert_int_equal(rnn_cpu_features_avx2(), is_available("avx2"));
    assert_int_equal(rnn_cpu_features_avx512(), is_available("avx512"));
    assert_int_equal(rnn_cpu_features_avx512_bf16() && rnn_cpu_features_avx512_vnni(),
                     is_available("avx512bf16"));
    if (rnn_cpu_features_avx512_bf16() || rnn_cpu_features_avx512_vnni())
        assert_true(rnn_cpu_features_avx512());
    if (rnn_cpu_features_avx512())
        assert_true(rnn_cpu_features_avx2());
#if defined(__x86_64__)
    __builtin_cpu_init();
    assert_int_equal(rnn_cpu_features_avx2(),
                     __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
    assert_int_equal(rnn_cpu_features_avx512(),
                     __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"));
    assert_int_equal(rnn_cpu_features_avx512_vnni(),
                     rnn_cpu_features_avx512() && __builtin_cpu_supports("avx512vnni"));
    assert_int_equal(rnn_cpu_features_avx512_bf16(),
                     rnn_cpu_features_avx512() && __builtin_cpu_supports("avx512bf16"));
#endif
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        FOR_TABLES(k) {
            puts(k->name);
        }
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(picks_by_name, forget_the_wish),
        cmocka_unit_test_setup(refuses_what_it_cannot_run, forget_the_wish),
        cmocka_unit_test_setup(the_environment_says_what_auto_is, forget_the_wish),
        cmocka_unit_test_setup(the_environment_may_be_wrong, forget_the_wish),
        cmocka_unit_test(features_agree_with_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
