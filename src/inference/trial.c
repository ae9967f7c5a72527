/* SPDX-License-Identifier: MIT
 *
 * trial.c - see trial.h.
 */
#include "inference/trial.h"

#include <jansson.h>
#include <string.h>

#include "base/status.h"

/* The share that the model's training held out, if its history says so. */
static double trained_share(const json_t *history, const char *key, double otherwise) {
    const json_t *value = json_object_get(json_object_get(history, "settings"), key);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

static rnn_status check(const rnn_evaluation *plan, int streams, rnn_error *error) {
    const char *name = plan->part == RNN_PART_VAL ? "val" : "test";
    if (plan->part == RNN_PART_ALL)
        return RNN_OK;
    if (plan->val_frac + plan->test_frac >= 1)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "--val-frac and --test-frac together must be below 1");
    if (streams)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "this model held out the ends of its streams, which is no part of the text "
                        "by itself; give --val-frac for a contiguous part (the model has read some "
                        "of it)");
    if ((plan->part == RNN_PART_VAL && plan->val_frac == 0) ||
        (plan->part == RNN_PART_TEST && plan->test_frac == 0))
        return rnn_fail(error, RNN_ERR_RANGE, "the %s part is empty: give --%s-frac", name, name);
    return RNN_OK;
}

rnn_status rnn_trial_choose(rnn_evaluation *plan, const rnn_model *model,
                            const rnn_trial_wish *wish, rnn_error *error) {
    json_t *history = json_loads(rnn_model_history(model), 0, NULL);
    const json_t *split = json_object_get(json_object_get(history, "settings"), "split");
    int streams = json_is_string(split) && strcmp(json_string_value(split), "streams") == 0;
    plan->part = wish->part;
    plan->val_frac =
        wish->val_frac_given ? wish->val_frac : trained_share(history, "val_frac", 0.05);
    plan->test_frac =
        wish->test_frac_given ? wish->test_frac : trained_share(history, "test_frac", 0);
    json_decref(history);
    if (wish->held_out && !streams && plan->val_frac > 0)
        plan->part = RNN_PART_VAL;
    streams = streams && !wish->val_frac_given;
    if (streams)
        plan->val_frac = plan->test_frac = 0;
    return check(plan, streams, error);
}

const char *rnn_trial_words(int part) {
    static const char *const words[] = {[RNN_PART_ALL] = "",
                                        [RNN_PART_TRAIN] = "the training part of ",
                                        [RNN_PART_VAL] = "the validation part of ",
                                        [RNN_PART_TEST] = "the test part of "};
    return words[part];
}
