/* SPDX-License-Identifier: MIT
 *
 * test_settings.c - the table of training options: defaults, peers' names, JSON,
 * combinations, and what may change when a run is resumed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "base/memory.h"
#include "training/settings.h"

static const rnn_option *row(const char *name) {
    size_t count;
    const rnn_option *table = rnn_settings_table(&count);
    const rnn_option *option = rnn_options_find(table, count, name, NULL, NULL);
    if (!option)
        fail_msg("no setting '%s'", name);
    return option;
}

static void set(rnn_training *how, const char *name, const char *text) {
    assert_int_equal(rnn_options_set(row(name), how, text, NULL), RNN_OK);
}

static void test_defaults(void **state) {
    (void)state;
    rnn_training how;
    memset(&how, 0x55, sizeof how);
    rnn_training_defaults(&how);
    assert_int_equal(how.cell, RNN_AUTO);
    assert_int_equal(how.num_layers, RNN_AUTO);
    assert_int_equal(how.hidden_size, RNN_AUTO);
    assert_int_equal(how.embedding_size, RNN_AUTO);
    assert_true(how.dropout == RNN_AUTO);
    assert_true(how.output_dropout == RNN_AUTO);
    assert_true(how.weight_drop == RNN_AUTO);
    assert_int_equal(how.bias, 1);
    assert_int_equal(how.tied_output, 0);
    assert_true(how.forget_bias == 1);
    assert_int_equal(how.units, RNN_UNITS_AUTO);
    assert_int_equal(how.max_symbols, RNN_AUTO);
    assert_int_equal(how.normalize, 0);
    assert_int_equal(how.split, RNN_SPLIT_CONTIGUOUS);
    assert_true(how.val_frac == 0.05 && how.test_frac == 0);
    assert_int_equal(how.batch_size, RNN_AUTO);
    assert_int_equal(how.seq_length, RNN_AUTO);
    assert_int_equal(how.optimizer, RNN_AUTO);
    assert_true(how.learning_rate == RNN_AUTO);
    assert_true(how.momentum == 0.9 && how.alpha == 0.95);
    assert_true(how.beta1 == RNN_AUTO && how.beta2 == RNN_AUTO && how.epsilon == 1e-8);
    assert_true(how.weight_decay == RNN_AUTO && how.clip_norm == RNN_AUTO && how.clip_value == 0);
    assert_int_equal(how.schedule, RNN_AUTO);
    assert_int_equal(how.warmup_steps, RNN_AUTO);
    assert_true(how.decay_factor == 0.97 && how.decay_after == 10 && how.decay_every == 5);
    assert_true(how.epochs == 0 && how.steps == 0 && how.seconds == 0);
    assert_int_equal(how.patience, 0);
    assert_int_equal(how.sample_length, 200);
    assert_true(how.sample_temperature == 1);
    assert_string_equal(how.sample_prime, "");
    assert_string_equal(how.out, "");
    assert_int_equal(how.resume, 0);
    assert_int_equal(how.seed, 123);
    assert_int_equal(how.threads, 0);
    assert_string_equal(how.cpu, "auto");
    assert_string_equal(how.device, "auto");
    assert_int_equal(rnn_settings_check(&how, NULL), RNN_OK);
}

/* Each row has a default within its own range, and the words that help needs; no
 * name stands for two options. */
static void test_table(void **state) {
    (void)state;
    size_t count;
    const rnn_option *table = rnn_settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        rnn_training how;
        rnn_training_defaults(&how);
        assert_int_equal(rnn_options_set(&table[i], &how, table[i].fallback, NULL), RNN_OK);
        assert_true(strlen(table[i].help) > 0 && table[i].help[strlen(table[i].help) - 1] != '.');
        assert_non_null(table[i].group);
        assert_true(table[i].type == RNN_OPTION_FLAG || table[i].metavar);
        assert_ptr_equal(rnn_options_find(table, count, table[i].name, NULL, NULL), &table[i]);
        const rnn_option_alias *alias = table[i].aliases;
        for (; alias && alias->name; alias++)
            assert_ptr_equal(rnn_options_find(table, count, alias->name, NULL, NULL), &table[i]);
    }
}

static void test_resolve(void **state) {
    (void)state;
    rnn_training how;
    rnn_training_defaults(&how);
    rnn_settings_resolve(&how);
    assert_true(how.seconds == 600 && how.epochs == 0 && how.steps == 0);
    assert_true(rnn_settings_leave(&how));
    rnn_training_defaults(&how);
    how.seconds = 10;
    rnn_settings_resolve(&how);
    assert_true(how.seconds == 10);
    assert_true(rnn_settings_leave(&how));
}

/* Who counts in steps or epochs gets what char-rnn had, but for what is said. */
static void test_classics(void **state) {
    (void)state;
    rnn_training how;
    rnn_training_defaults(&how);
    how.steps = 10;
    how.hidden_size = 77;
    rnn_settings_resolve(&how);
    assert_false(rnn_settings_leave(&how));
    assert_true(how.epochs == 0 && how.seconds == 0);
    assert_int_equal(how.cell, RNN_CELL_LSTM);
    assert_int_equal(how.num_layers, 2);
    assert_int_equal(how.hidden_size, 77);
    assert_int_equal(how.embedding_size, 0);
    assert_true(how.dropout == 0 && how.output_dropout == 0 && how.weight_drop == 0);
    assert_int_equal(how.batch_size, 50);
    assert_int_equal(how.seq_length, 50);
    assert_int_equal(how.optimizer, RNN_ADAM);
    assert_true(how.learning_rate == 2e-3 && how.beta1 == 0.9 && how.beta2 == 0.999);
    assert_true(how.weight_decay == 0 && how.clip_norm == 5);
    assert_int_equal(how.schedule, RNN_SCHEDULE_CONSTANT);
    assert_int_equal(how.warmup_steps, 0);
    rnn_training_defaults(&how);
    how.epochs = 1;
    rnn_settings_resolve(&how);
    assert_int_equal(how.hidden_size, 128);
    assert_false(rnn_settings_leave(&how));
}

/* Of the two sizes that tying makes equal, one may be left out, or both. */
static void test_tied_sizes(void **state) {
    (void)state;
    for (int given = 0; given < 3; given++) {
        rnn_training how;
        rnn_training_defaults(&how);
        how.tied_output = 1;
        how.steps = 1;
        if (given == 1)
            how.hidden_size = 40;
        if (given == 2)
            how.embedding_size = 40;
        rnn_settings_resolve(&how);
        assert_int_equal(how.hidden_size, given ? 40 : 128);
        assert_int_equal(how.embedding_size, how.hidden_size);
        assert_int_equal(rnn_settings_check(&how, NULL), RNN_OK);
    }
}

static void test_peers_names(void **state) {
    (void)state;
    static const char *const same[][2] = {
        {"rnn_size", "hidden-size"},
        {"model", "cell"},
        {"model_type", "cell"},
        {"num_layers", "num-layers"},
        {"learning_rate", "learning-rate"},
        {"learning_rate_decay", "decay-factor"},
        {"lr_decay_factor", "decay-factor"},
        {"learning_rate_decay_after", "decay-after"},
        {"lr_decay_every", "decay-every"},
        {"decay_rate", "alpha"},
        {"dropout", "dropout"},
        {"seq_length", "seq-length"},
        {"batch_size", "batch-size"},
        {"max_epochs", "epochs"},
        {"grad_clip", "clip-value"},
        {"val_frac", "val-frac"},
        {"init_from", "init-from"},
        {"seed", "seed"},
        {"print_every", "print-every"},
        {"eval_val_every", "eval-every"},
        {"checkpoint_every", "checkpoint-every"},
        {"checkpoint_dir", "out"},
        {"checkpoint_name", "out"},
        {"wordvec_size", "embedding-size"},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        assert_string_equal(row(same[i][0])->name, same[i][1]);
    rnn_training how;
    rnn_training_defaults(&how);
    set(&how, "model", "rnn");
    assert_int_equal(how.cell, RNN_CELL_TANH);
}

static int refused(const rnn_training *how, const char *words) {
    rnn_error error = {0};
    return rnn_settings_check(how, &error) == RNN_ERR_RANGE && strstr(error.message, words);
}

static void test_combinations(void **state) {
    (void)state;
    rnn_training how;
    rnn_training_defaults(&how);
    how.tied_output = 1;
    how.hidden_size = 128;
    how.embedding_size = 0;
    assert_true(refused(&how, "tie-output needs embedding-size equal to hidden-size"));
    how.embedding_size = how.hidden_size;
    assert_int_equal(rnn_settings_check(&how, NULL), RNN_OK);
    how.val_frac = 0.5;
    how.test_frac = 0.5;
    assert_true(refused(&how, "val-frac and test-frac"));
    rnn_training_defaults(&how);
    how.max_symbols = 255;
    assert_true(refused(&how, "max-symbols"));
    how.max_symbols = 256;
    assert_int_equal(rnn_settings_check(&how, NULL), RNN_OK);
    how.steps = 10;
    how.warmup_steps = 11;
    assert_true(refused(&how, "warmup-steps"));
    rnn_training_defaults(&how);
    how.hidden_size = 0;
    assert_true(refused(&how, "hidden-size must be auto or a whole number from 1"));
    rnn_training_defaults(&how);
    how.cell = 3;
    assert_true(refused(&how, "cell must be auto or one of tanh, gru, lstm"));
}

/* --------------------------------------------------------------------- JSON */

static void test_json_round_trip(void **state) {
    (void)state;
    static const char *const changes[][2] = {{"cell", "gru"},
                                             {"num-layers", "3"},
                                             {"dropout", "0.3333333333333333"},
                                             {"output-dropout", "0.4"},
                                             {"weight-drop", "0.99"},
                                             {"bias", "0"},
                                             {"units", "bytes"},
                                             {"split", "streams"},
                                             {"include", "*.c,*.h"},
                                             {"steps", "100000"},
                                             {"time", "1h30m"},
                                             {"epsilon", "1e-8"},
                                             {"seed", "9223372036854775807"},
                                             {"sample-prime", "say \"\\ \n\t\001 \xe0\xa4\x95"},
                                             {"out", "runs/a b"}};
    rnn_training how, back;
    rnn_training_defaults(&how);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        set(&how, changes[i][0], changes[i][1]);
    char *json = rnn_settings_to_json(&how), *strings;
    assert_non_null(json);
    assert_int_equal(rnn_settings_from_json(&back, json, strlen(json), &strings, NULL), RNN_OK);
    size_t count;
    const rnn_option *table = rnn_settings_table(&count);
    for (size_t i = 0; i < count; i++)
        if (!rnn_options_equal(&table[i], &how, &back))
            fail_msg("%s does not come back from %s", table[i].name, json);
    char *again = rnn_settings_to_json(&back);
    assert_string_equal(json, again);
    rnn_free(json);
    rnn_free(again);
    rnn_free(strings);
}

static void test_json_form(void **state) {
    (void)state;
    rnn_training how;
    rnn_training_defaults(&how);
    how.seconds = 90;
    how.hidden_size = 128;
    how.out = "bad \xff";
    char *json = rnn_settings_to_json(&how);
    json_t *object = json_loads(json, 0, NULL);
    size_t count;
    rnn_settings_table(&count);
    assert_int_equal(json_object_size(object), count);
    assert_string_equal(json_string_value(json_object_get(object, "cell")), "auto");
    assert_int_equal(json_integer_value(json_object_get(object, "hidden_size")), 128);
    assert_true(json_is_true(json_object_get(object, "bias")));
    assert_true(json_number_value(json_object_get(object, "time")) == 90);
    assert_string_equal(json_string_value(json_object_get(object, "out")), "bad ?");
    json_decref(object);
    rnn_free(json);
}

static rnn_status read_json(const char *json, rnn_training *how, rnn_error *error) {
    char *strings = NULL;
    rnn_status status = rnn_settings_from_json(how, json, strlen(json), &strings, error);
    assert_true(status == RNN_OK || !strings);
    rnn_free(strings);
    return status;
}

static void test_json_faults(void **state) {
    (void)state;
    rnn_training how;
    rnn_error error = {0};
    rnn_training_defaults(&how);
    how.hidden_size = 77;
    assert_int_equal(read_json("", &how, &error), RNN_ERR_FORMAT);
    assert_int_equal(read_json("[1]", &how, &error), RNN_ERR_FORMAT);
    assert_int_equal(read_json("{\"seed\": 1, \"seed\": 2}", &how, &error), RNN_ERR_FORMAT);
    assert_int_equal(read_json("{\"hidden_size\": 0}", &how, &error), RNN_ERR_FORMAT);
    assert_non_null(strstr(error.message, "hidden-size must be"));
    assert_int_equal(read_json("{\"hidden_size\": [3]}", &how, &error), RNN_ERR_FORMAT);
    assert_int_equal(read_json("{\"cell\": \"cnn\"}", &how, &error), RNN_ERR_FORMAT);
    assert_int_equal(read_json("{\"out\": 3}", &how, &error), RNN_ERR_FORMAT);
    assert_int_equal(read_json("{\"momentous\": 3}", &how, &error), RNN_ERR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "momentous"));
    assert_int_equal(how.hidden_size, 77);
    /* What is not there has its default. */
    assert_int_equal(read_json("{}", &how, &error), RNN_OK);
    assert_int_equal(how.hidden_size, RNN_AUTO);
}

static void test_json_memory(void **state) {
    (void)state;
    rnn_training how, back;
    rnn_training_defaults(&how);
    char *json = rnn_settings_to_json(&how);
    for (uint64_t nth = 1; nth <= 2; nth++) {
        char *strings = NULL, *short_of = NULL;
        rnn_allocate_fail(nth, 1);
        short_of = rnn_settings_to_json(&how);
        assert_null(short_of);
        rnn_allocate_fail(1, 1);
        assert_int_equal(rnn_settings_from_json(&back, json, strlen(json), &strings, NULL),
                         RNN_ERR_MEMORY);
        rnn_allocate_fail(0, 0);
        assert_null(strings);
    }
    rnn_free(json);
}

/* ------------------------------------------------------------------- resume */

static size_t place(const char *name) {
    size_t count;
    return (size_t)(row(name) - rnn_settings_table(&count));
}

static void test_override(void **state) {
    (void)state;
    rnn_training run, asked;
    unsigned char given[256] = {0};
    rnn_error error = {0};
    rnn_training_defaults(&run);
    run.hidden_size = 256;
    run.steps = 1000;
    run.batch_size = 20;
    rnn_training_defaults(&asked);
    /* Nothing given: the run goes on as it was. */
    assert_int_equal(rnn_settings_override(&run, &asked, given, &error), RNN_OK);
    assert_int_equal(run.hidden_size, 256);
    assert_int_equal(run.steps, 1000);
    /* What may change does; the new budget takes the old one's place. */
    asked.epochs = 3;
    asked.threads = 2; /* what is left to a plan again stays as the run had it */
    given[place("hidden-size")] = 1;
    given[place("epochs")] = given[place("threads")] = 1;
    assert_int_equal(rnn_settings_override(&run, &asked, given, &error), RNN_OK);
    assert_true(run.epochs == 3 && run.steps == 0 && run.threads == 2);
    assert_int_equal(run.hidden_size, 256);
    assert_int_equal(run.batch_size, 20);
    /* The same value again is no change. */
    asked.batch_size = 20;
    given[place("batch-size")] = 1;
    assert_int_equal(rnn_settings_override(&run, &asked, given, &error), RNN_OK);
    asked.batch_size = 21;
    asked.threads = 3;
    assert_int_equal(rnn_settings_override(&run, &asked, given, &error), RNN_ERR_RANGE);
    assert_non_null(strstr(error.message, "batch-size cannot change"));
    assert_int_equal(run.threads, 2);
}

static void test_override_all(void **state) {
    (void)state;
    rnn_training run, asked;
    rnn_training_defaults(&run);
    asked = run;
    asked.steps = 5;
    assert_int_equal(rnn_settings_override(&run, &asked, NULL, NULL), RNN_OK);
    assert_int_equal(run.steps, 5);
    asked.seed = 7;
    assert_int_equal(rnn_settings_override(&run, &asked, NULL, NULL), RNN_ERR_RANGE);
}

static void test_what_may_change(void **state) {
    (void)state;
    static const char *const fixed[] = {
        "cell",        "num-layers", "hidden-size", "embedding-size", "dropout",   "output-dropout",
        "weight-drop", "bias",       "tie-output",  "units",          "normalize", "split",
        "val-frac",    "batch-size", "seq-length",  "optimizer",      "seed",      "init-from"};
    static const char *const free_to[] = {"epochs",      "steps",      "time",      "threads",
                                          "print-every", "eval-every", "patience",  "learning-rate",
                                          "schedule",    "device",     "clip-norm", "sample-prime"};
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        assert_false(row(fixed[i])->marks & RNN_OPTION_RESUMABLE);
    for (size_t i = 0; i < sizeof free_to / sizeof free_to[0]; i++)
        assert_true(row(free_to[i])->marks & RNN_OPTION_RESUMABLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),     cmocka_unit_test(test_table),
        cmocka_unit_test(test_resolve),      cmocka_unit_test(test_classics),
        cmocka_unit_test(test_tied_sizes),   cmocka_unit_test(test_peers_names),
        cmocka_unit_test(test_combinations), cmocka_unit_test(test_json_round_trip),
        cmocka_unit_test(test_json_form),    cmocka_unit_test(test_json_faults),
        cmocka_unit_test(test_json_memory),  cmocka_unit_test(test_override),
        cmocka_unit_test(test_override_all), cmocka_unit_test(test_what_may_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
