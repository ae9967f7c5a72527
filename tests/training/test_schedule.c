/* SPDX-License-Identifier: MIT
 *
 * test_schedule.c - the learning rate of each step against torch.optim.lr_scheduler.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "formats/safetensors.h"
#include "training/schedule.h"

static void check_case(const rnn_safetensors *fixtures, const rnn_tensor *tensor) {
    char key[64];
    snprintf(key, sizeof key, "case.%s", tensor->name + strlen("rate."));
    const char *text = rnn_safetensors_metadata(fixtures, key);
    assert_non_null(text);
    rnn_training how = {0};
    long long warmup, epoch, steps;
    assert_int_equal(sscanf(text, "%d %lf %lld %lf %lf %lf %lld %lld", &how.schedule,
                            &how.learning_rate, &warmup, &how.decay_factor, &how.decay_after,
                            &how.decay_every, &epoch, &steps),
                     8);
    how.warmup_steps = warmup;
    assert_int_equal(tensor->bytes, (uint64_t)steps * sizeof(double));
    for (long long step = 0; step < steps; step++) {
        double wanted;
        memcpy(&wanted, (const char *)tensor->data + (size_t)step * sizeof wanted, sizeof wanted);
        rnn_schedule_place place = {step, epoch, (double)step / (double)steps};
        double got = rnn_schedule_rate(&how, &place);
        if (!(fabs(got - wanted) <= 1e-9 * how.learning_rate))
            fail_msg("%s, step %lld: the rate is %.12g, PyTorch has %.12g", tensor->name, step, got,
                     wanted);
    }
}

static void test_against_pytorch(void **state) {
    (void)state;
    rnn_error error = {0};
    rnn_safetensors *fixtures = NULL;
    if (rnn_safetensors_open(&fixtures, RNN_TEST_DATA "/gold/schedules.safetensors", NULL,
                             &error) != RNN_OK)
        fail_msg("%s", error.message);
    size_t cases = rnn_safetensors_count(fixtures);
    assert_true(cases >= 8);
    for (size_t i = 0; i < cases; i++)
        check_case(fixtures, rnn_safetensors_at(fixtures, i));
    rnn_safetensors_close(fixtures);
}

/* A budget of time may end before the warm-up does, or report a fraction past 1. */
static void test_edges(void **state) {
    (void)state;
    rnn_training how = {.learning_rate = 1, .warmup_steps = 10, .schedule = RNN_SCHEDULE_COSINE};
    rnn_schedule_place place = {.step = 10, .steps_an_epoch = 1, .fraction = 1};
    assert_true(rnn_schedule_rate(&how, &place) == 0);
    place.fraction = 1.5;
    assert_true(rnn_schedule_rate(&how, &place) == 0);
    place = (rnn_schedule_place){.step = 0, .steps_an_epoch = 1, .fraction = 0};
    how.warmup_steps = 0;
    assert_true(rnn_schedule_rate(&how, &place) == 1);
    how.schedule = RNN_SCHEDULE_LINEAR;
    place.fraction = 0.25;
    assert_true(fabs(rnn_schedule_rate(&how, &place) - 0.75) < 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_pytorch),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
