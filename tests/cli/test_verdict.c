/* SPDX-License-Identifier: MIT
 *
 * test_verdict.c - what losses say of a run, on both sides of each threshold, and
 * what is known of them from a log or a model.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cli/history.h"
#include "tests/scratch.h"

#define A_LITTLE 1e-6

/* A run that is in order: training below validation, which has ended to fall. */
static verdict_losses made(void) {
    verdict_losses of = verdict_unknown();
    of.training = 1.9;
    of.validation = of.latest = 2;
    of.fall = 0;
    of.scored = 2;
    of.baseline = 2.2;
    of.order = 6;
    of.comparable = 1;
    return of;
}

static void says(const verdict_losses *of, verdict wanted, const char *words) {
    char text[1024];
    verdict_say(of, text, sizeof text);
    assert_string_equal(verdict_name(verdict_of(of)), verdict_name(wanted));
    if (!strstr(text, words))
        fail_msg("no '%s' in '%s'", words, text);
}

static void test_rise(void **state) {
    (void)state;
    verdict_losses of = made();
    of.latest = 2.02 - A_LITTLE;
    says(&of, VERDICT_FITS, "it fits");
    of.latest = 2.02 + A_LITTLE;
    says(&of, VERDICT_OVER_FITS, "was 2.00 at its best and has risen to 2.02 since");
    /* Even where training is near: the network has turned away from the text held out. */
    of.training = 2;
    says(&of, VERDICT_OVER_FITS, "over-fits");
}

static void test_fall(void **state) {
    (void)state;
    verdict_losses of = made();
    of.fall = 0.02 - A_LITTLE;
    says(&of, VERDICT_FITS, "hardly falls any more");
    of.fall = 0.02 + A_LITTLE;
    says(&of, VERDICT_MORE_TIME, "brought 0.02 of validation's 2.00");
    /* A rate that goes to zero brings something at its end whatever the network is. */
    of.ending = 1;
    says(&of, VERDICT_FITS, "it fits");
    of.fall = 0.06 - A_LITTLE;
    says(&of, VERDICT_FITS, "it fits");
    of.fall = 0.06 + A_LITTLE;
    says(&of, VERDICT_MORE_TIME, "more time");
    of.training = 1;
    says(&of, VERDICT_MORE_TIME, "more time");
    of.training = of.scored = 2.5;
    says(&of, VERDICT_MORE_TIME, "more time");
}

static void test_gap(void **state) {
    (void)state;
    verdict_losses of = made();
    of.training = 1.7 + A_LITTLE;
    says(&of, VERDICT_FITS, "it fits");
    of.training = 1.7 - A_LITTLE;
    says(&of, VERDICT_OVER_FITS, "Training is at 1.70, validation at 2.00");
    of.training = 1.94 - A_LITTLE;
    says(&of, VERDICT_FITS, "it fits");
    of.training = 1.94 + A_LITTLE;
    says(&of, VERDICT_UNDER_FITS, "more units");
    of.training = 2.3; /* dropout does that */
    says(&of, VERDICT_UNDER_FITS, "under-fits");
}

static void test_baseline(void **state) {
    (void)state;
    verdict_losses of = made();
    of.baseline = 2 + A_LITTLE;
    says(&of, VERDICT_FITS, "2.00 nats are as good as a 6-gram's 2.00.");
    of.baseline = 2;
    says(&of, VERDICT_UNDER_FITS, "as good as");
    of.baseline = 1.93;
    of.order = 11;
    says(&of, VERDICT_UNDER_FITS, "2.00 nats are 0.07 above an 11-gram's 1.93. Training");
    /* Another text says nothing of the run. */
    of.comparable = 0;
    says(&of, VERDICT_FITS, "2.00 nats are 0.07 above an 11-gram's 1.93. Training");
    of.comparable = 1;
    of.training = 1.6;
    says(&of, VERDICT_OVER_FITS, "above");
    of.order = 8;
    of.baseline = 2.006;
    says(&of, VERDICT_OVER_FITS, "are 0.01 below an 8-gram's 2.01.");
    of.baseline = 2.004;
    says(&of, VERDICT_OVER_FITS, "as good as an 8-gram");
}

static void test_unknown(void **state) {
    (void)state;
    verdict_losses of = verdict_unknown();
    char text[64];
    says(&of, VERDICT_UNKNOWN, "");
    verdict_say(&of, text, sizeof text);
    assert_string_equal(text, "");
    of = made();
    of.training = NAN;
    says(&of, VERDICT_UNKNOWN, "2.00 nats are 0.20 below a 6-gram's 2.20.");
    verdict_say(&of, text, sizeof text);
    assert_string_equal(text, "2.00 nats are 0.20 below a 6-gram's 2.20.");
    /* Without a slope, a network that learns by heart and one that has only begun look alike. */
    of = made();
    of.fall = NAN;
    says(&of, VERDICT_UNKNOWN, "Training is at 1.90, validation at 2.00: too few validations");
    of.training = 1.5;
    says(&of, VERDICT_UNKNOWN, "too few validations");
    of.training = 1.99;
    of.baseline = 1.8;
    says(&of, VERDICT_UNKNOWN, "2.00 nats are 0.20 above a 6-gram's 1.80. Training is at 1.99");
    of.latest = 2.1;
    says(&of, VERDICT_OVER_FITS, "has risen to 2.10");
    /* Room that is too small cuts the words and nothing else. */
    verdict_say(&of, text, 10);
    assert_true(strlen(text) < 10);
}

static void test_remedy(void **state) {
    (void)state;
    verdict_losses of = made();
    of.training = 1.5;
    says(&of, VERDICT_OVER_FITS, "try --weight-drop 0.2,");
    of.weight_drop = 0.2;
    says(&of, VERDICT_OVER_FITS, "try --weight-drop 0.4,");
    of.weight_drop = 0.55;
    says(&of, VERDICT_OVER_FITS, "try --weight-drop 0.6,");
    of.weight_drop = 0.7;
    says(&of, VERDICT_OVER_FITS, "try fewer units");
    of.ngrams = 1;
    of.ngram_dropout = 0.5;
    says(&of, VERDICT_OVER_FITS, "try fewer units");
    of.ngram_dropout = 0.1;
    says(&of, VERDICT_OVER_FITS, "try --ngram-dropout 0.3, fewer units");
    of.weight_drop = 0;
    of.ngram_dropout = 0.4;
    says(&of, VERDICT_OVER_FITS, "try --ngram-dropout 0.5, --weight-drop 0.2, fewer units");
    of.ngrams = 0;
    says(&of, VERDICT_OVER_FITS, "try --weight-drop 0.2, fewer units");
}

/* ------------------------------------------------------------------ history */

static void near(double got, double wanted) {
    assert_true(fabs(got - wanted) < 1e-9);
}

static void read_from(const char *text, verdict_losses *out) {
    scratch directory;
    char path[1024];
    scratch_make(&directory);
    scratch_write(scratch_name(&directory, "log.jsonl", path), text, strlen(text));
    *out = verdict_unknown();
    history_read_log(out, directory.path);
    scratch_remove(&directory);
}

#define PROGRESS(step, loss) "{\"event\":\"progress\",\"step\":" step ",\"loss\":" loss "}\n"
#define VALIDATION(step, loss)                                                                     \
    "{\"event\":\"validation\",\"step\":" step ",\"val_loss\":" loss "}\n"

static void test_log(void **state) {
    (void)state;
    verdict_losses got;
    read_from("{\"event\":\"start\"}\n" PROGRESS("90", "2.5") VALIDATION("100", "2.4")
                  PROGRESS("190", "2.1") VALIDATION("200", "2.2") PROGRESS("290", "1.9")
                      VALIDATION("300", "2.0") PROGRESS("390", "1.7") VALIDATION("400", "2.1"),
              &got);
    near(got.training, 1.9);
    near(got.validation, 2.0);
    near(got.latest, 2.1);
    near(got.fall, 2.0 - 2.1);
    /* Between two validations, and with what was gone back from. */
    read_from(VALIDATION("10", "3.0") VALIDATION("20", "2.0") VALIDATION("30", "0.5")
                  VALIDATION("21", "1.9") VALIDATION("40", "1.6") PROGRESS("50", "1.2")
                      VALIDATION("60", "1.5"),
              &got);
    near(got.validation, 1.5);
    near(got.training, 1.2);
    near(got.fall, 1.6 - 0.1 / 4 - 1.5);
    read_from(VALIDATION("1", "3.0") VALIDATION("2", "2.0") VALIDATION("3", "2.5"), &got);
    near(got.validation, 2.0);
    near(got.latest, 2.5);
    assert_true(isnan(got.fall) && isnan(got.training));
    read_from("nonsense\n{\"event\":7}\n[]\n{\"event\":\"validation\"}\n", &got);
    assert_true(isnan(got.validation));
    got = verdict_unknown();
    history_read_log(&got, "/nowhere/at/all");
    assert_true(isnan(got.validation));
}

static void test_model(void **state) {
    (void)state;
    verdict_losses got = verdict_unknown();
    const char *json =
        "{\"train_loss\":1.5,\"val_loss\":1.75,\"settings\":{"
        "\"weight_drop\":0.25,\"ngram_dropout\":0.4,\"ngrams\":5,\"schedule\":\"cosine\"}}";
    history_read_model(&got, json);
    near(got.training, 1.5);
    near(got.validation, 1.75);
    near(got.weight_drop, 0.25);
    near(got.ngram_dropout, 0.4);
    assert_int_equal(got.ngrams, 1);
    assert_int_equal(got.ending, 1);
    got.training = 1;
    got.validation = 2;
    history_read_model(&got, json);
    near(got.training, 1);
    near(got.validation, 2);
    got = verdict_unknown();
    history_read_model(&got, "{\"settings\":{\"schedule\":\"constant\"}}");
    near(got.weight_drop, 0);
    assert_int_equal(got.ngrams, 0);
    assert_int_equal(got.ending, 0);
    assert_true(isnan(got.validation));
    history_read_model(&got, "{}");
    assert_true(isnan(got.validation));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rise),    cmocka_unit_test(test_fall),
        cmocka_unit_test(test_gap),     cmocka_unit_test(test_baseline),
        cmocka_unit_test(test_unknown), cmocka_unit_test(test_remedy),
        cmocka_unit_test(test_log),     cmocka_unit_test(test_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
