/* SPDX-License-Identifier: MIT
 *
 * settings.c - see settings.h.
 */
#include "training/settings.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/numbers.h"
#include "compute/network.h"
#include "formats/json.h"

#define DEFAULT_SECONDS 600.0
#define LARGEST_SIZE    65536
#define NO_LIMIT        HUGE_VAL
#define AT(member)      offsetof(rnn_training, member)
#define ALIASES(...)                                                                               \
    (const rnn_option_alias[]) {                                                                   \
        __VA_ARGS__, {                                                                             \
            NULL, NULL                                                                             \
        }                                                                                          \
    }

/* clang-format off */
static const rnn_option table[] = {
    /* what is learnt */
    {"cell", RNN_OPTION_CHOICE, AT(cell), "auto", 0, 0, RNN_OPTION_AUTO, "tanh|rnn gru lstm", "KIND", "Model",
     "kind of cell", ALIASES({"model", NULL}, {"model-type", NULL})},
    {"num-layers", RNN_OPTION_INT, AT(num_layers), "auto", 1, RNN_MAX_LAYERS, RNN_OPTION_AUTO, NULL, "N", "Model",
     "layers, one upon the other", NULL},
    {"hidden-size", RNN_OPTION_INT, AT(hidden_size), "auto", 1, LARGEST_SIZE, RNN_OPTION_AUTO, NULL, "N", "Model",
     "cells in each layer", ALIASES({"rnn-size", NULL})},
    {"embedding-size", RNN_OPTION_INT, AT(embedding_size), "auto", 0, LARGEST_SIZE, RNN_OPTION_AUTO, NULL,
     "N", "Model", "width of learnt character vectors; 0 feeds one-hot characters",
     ALIASES({"wordvec-size", NULL})},
    {"ngrams", RNN_OPTION_INT, AT(ngrams), "auto", 1, RNN_MAX_NGRAMS, RNN_OPTION_AUTO, NULL, "N", "Model",
     "beside each character, read a learnt vector for the last 2, one for the last 3, .. the last "
     "N characters; 1 reads none", NULL},
    {"ngram-size", RNN_OPTION_INT, AT(ngram_size), "auto", 1, RNN_MAX_NGRAM_SIZE, RNN_OPTION_AUTO, NULL, "N",
     "Model", "width of these vectors", NULL},
    {"ngram-rows", RNN_OPTION_INT, AT(ngram_rows), "auto", 1, RNN_MAX_NGRAM_ROWS, RNN_OPTION_AUTO, NULL, "N",
     "Model", "vectors for each length of n-gram, which share them by hash", NULL},
    {"dropout", RNN_OPTION_REAL, AT(dropout), "auto", 0, 0.99, RNN_OPTION_AUTO, NULL, "P", "Model",
     "share of values dropped between layers while training", NULL},
    {"output-dropout", RNN_OPTION_REAL, AT(output_dropout), "auto", 0, 0.99, RNN_OPTION_AUTO, NULL, "P", "Model",
     "share of the top layer's values dropped before the output layer while training, the same "
     "ones all along a sequence", NULL},
    {"weight-drop", RNN_OPTION_REAL, AT(weight_drop), "auto", 0, 0.99, RNN_OPTION_AUTO, NULL, "P", "Model",
     "share of the recurrent weights dropped while training, others at each step", NULL},
    {"ngram-dropout", RNN_OPTION_REAL, AT(ngram_dropout), "auto", 0, 0.99, RNN_OPTION_AUTO, NULL, "P", "Model",
     "share of the vectors of n-grams dropped while training", NULL},
    {"bias", RNN_OPTION_FLAG, AT(bias), "1", 0, 0, 0, NULL, NULL, "Model",
     "bias vectors in the cells", NULL},
    {"tie-output", RNN_OPTION_FLAG, AT(tied_output), "0", 0, 0, 0, NULL, NULL, "Model",
     "share the embedding's weights with the output layer; --embedding-size and --hidden-size "
     "are then equal", NULL},
    {"forget-bias", RNN_OPTION_REAL, AT(forget_bias), "1", -100, 100, 0, NULL, "X", "Model",
     "initial bias of the LSTM's forget gate", NULL},

    /* from what */
    {"units", RNN_OPTION_CHOICE, AT(units), "auto", 0, 0, 0, "auto chars bytes", "KIND", "Text",
     "what one step reads; auto takes chars for valid UTF-8", NULL},
    {"max-symbols", RNN_OPTION_INT, AT(max_symbols), "auto", 0, LARGEST_SIZE, RNN_OPTION_AUTO, NULL, "N", "Text",
     "cap the vocabulary, from 256 up, and spell rarer characters with bytes; 0 keeps every "
     "character of the text and knows no others; auto caps where half as many or fewer are enough "
     "for all but a thousandth of the text", NULL},
    {"normalize", RNN_OPTION_CHOICE, AT(normalize), "none", 0, 0, 0, "none nfc", "FORM", "Text",
     "Unicode normalization of the text", NULL},
    {"split", RNN_OPTION_CHOICE, AT(split), "contiguous", 0, 0, 0, "contiguous streams", "KIND",
     "Text", "where the held-out text lies: at the end of the text, or (as char-rnn) at the end of "
     "every stream of the batch", NULL},
    {"val-frac", RNN_OPTION_REAL, AT(val_frac), "0.05", 0, 1, RNN_OPTION_BELOW, NULL, "F", "Text",
     "share of the text held out for validation", NULL},
    {"test-frac", RNN_OPTION_REAL, AT(test_frac), "0", 0, 1, RNN_OPTION_BELOW, NULL, "F", "Text",
     "share of the text held out for a last test", NULL},
    {"include", RNN_OPTION_TEXT, AT(include), "", 0, 0, 0, NULL, "PATTERNS", "Text",
     "of directories and archives, read only files like '*.c,*.h'", NULL},
    {"exclude", RNN_OPTION_TEXT, AT(exclude), "", 0, 0, 0, NULL, "PATTERNS", "Text",
     "of directories and archives, leave out files like '*.o'", NULL},

    /* how */
    {"batch-size", RNN_OPTION_INT, AT(batch_size), "auto", 1, LARGEST_SIZE, RNN_OPTION_AUTO, NULL, "N", "Training",
     "streams of text read side by side", NULL},
    {"seq-length", RNN_OPTION_INT, AT(seq_length), "auto", 1, LARGEST_SIZE, RNN_OPTION_AUTO, NULL, "N", "Training",
     "characters per step that errors flow back through", NULL},
    {"passage", RNN_OPTION_INT, AT(passage), "auto", 0, LARGEST_SIZE, RNN_OPTION_AUTO, NULL, "N", "Training",
     "characters that a stream reads before it goes on elsewhere in the text; 0 reads on to its end", NULL},
    {"optimizer", RNN_OPTION_CHOICE, AT(optimizer), "auto", 0, 0, RNN_OPTION_AUTO,
     "sgd rmsprop adagrad adam adamw", "NAME", "Training", "how weights follow the gradient", NULL},
    {"learning-rate", RNN_OPTION_REAL, AT(learning_rate), "auto", 0, 1000,
     RNN_OPTION_ABOVE | RNN_OPTION_RESUMABLE | RNN_OPTION_AUTO, NULL, "X", "Training", "size of the steps",
     ALIASES({"lr", NULL})},
    {"momentum", RNN_OPTION_REAL, AT(momentum), "0.9", 0, 1, RNN_OPTION_BELOW, NULL, "X",
     "Training", "of sgd", NULL},
    {"alpha", RNN_OPTION_REAL, AT(alpha), "0.95", 0, 1, RNN_OPTION_BELOW, NULL, "X", "Training",
     "decay of rmsprop's mean square", ALIASES({"decay-rate", "optimizer=rmsprop"})},
    {"beta1", RNN_OPTION_REAL, AT(beta1), "auto", 0, 1, RNN_OPTION_BELOW | RNN_OPTION_AUTO, NULL, "X", "Training",
     "decay of adam's mean", NULL},
    {"beta2", RNN_OPTION_REAL, AT(beta2), "auto", 0, 1, RNN_OPTION_BELOW | RNN_OPTION_AUTO, NULL, "X", "Training",
     "decay of adam's mean square", NULL},
    {"epsilon", RNN_OPTION_REAL, AT(epsilon), "1e-8", 0, 1, RNN_OPTION_ABOVE, NULL, "X",
     "Training", "added to the root of the mean square", NULL},
    {"weight-decay", RNN_OPTION_REAL, AT(weight_decay), "auto", 0, 1000, RNN_OPTION_RESUMABLE | RNN_OPTION_AUTO, NULL,
     "X", "Training", "pull of the weights towards zero", NULL},
    {"clip-norm", RNN_OPTION_REAL, AT(clip_norm), "auto", 0, NO_LIMIT, RNN_OPTION_RESUMABLE | RNN_OPTION_AUTO, NULL,
     "X", "Training", "longest gradient, as a whole; 0 does not clip", NULL},
    {"clip-value", RNN_OPTION_REAL, AT(clip_value), "0", 0, NO_LIMIT, RNN_OPTION_RESUMABLE, NULL,
     "X", "Training", "largest value in the gradient; 0 does not clip",
     ALIASES({"grad-clip", "clip-norm=0"})},
    {"schedule", RNN_OPTION_CHOICE, AT(schedule), "auto", 0, 0, RNN_OPTION_RESUMABLE | RNN_OPTION_AUTO,
     "constant epoch-decay step-decay cosine linear", "NAME", "Training",
     "how the learning rate falls over the run", NULL},
    {"warmup-steps", RNN_OPTION_INT64, AT(warmup_steps), "auto", 0, NO_LIMIT, RNN_OPTION_RESUMABLE | RNN_OPTION_AUTO,
     NULL, "N", "Training", "steps in which the learning rate rises from zero", NULL},
    {"decay-factor", RNN_OPTION_REAL, AT(decay_factor), "0.97", 0, 1,
     RNN_OPTION_ABOVE | RNN_OPTION_RESUMABLE, NULL, "X", "Training",
     "of epoch-decay and step-decay: what the rate is multiplied by",
     ALIASES({"learning-rate-decay", "schedule=epoch-decay"},
             {"lr-decay-factor", "schedule=step-decay"})},
    {"decay-after", RNN_OPTION_REAL, AT(decay_after), "10", 0, NO_LIMIT, RNN_OPTION_RESUMABLE,
     NULL, "EPOCHS", "Training", "of epoch-decay: epochs before the first",
     ALIASES({"learning-rate-decay-after", "schedule=epoch-decay"})},
    {"decay-every", RNN_OPTION_REAL, AT(decay_every), "5", 0, NO_LIMIT,
     RNN_OPTION_ABOVE | RNN_OPTION_RESUMABLE, NULL, "EPOCHS", "Training",
     "of step-decay: epochs from one to the next",
     ALIASES({"lr-decay-every", "schedule=step-decay decay-factor=0.5"})},

    /* how long: the first to be reached ends the run */
    {"epochs", RNN_OPTION_REAL, AT(epochs), "0", 0, NO_LIMIT, RNN_OPTION_RESUMABLE, NULL, "N",
     "Budget", "passes over the text; 0 is no limit",
     ALIASES({"max-epochs", NULL})},
    {"steps", RNN_OPTION_INT64, AT(steps), "0", 0, NO_LIMIT, RNN_OPTION_RESUMABLE, NULL, "N",
     "Budget", "steps; 0 is no limit", NULL},
    {"time", RNN_OPTION_DURATION, AT(seconds), "0", 0, NO_LIMIT, RNN_OPTION_RESUMABLE, NULL,
     "DURATION", "Budget", "time of the whole run, what it had before --resume included, like 90s, 3m or 1h30m; 0 is no "
     "limit; 10m where no budget is given", NULL},
    {"patience", RNN_OPTION_INT, AT(patience), "0", 0, 1000000, RNN_OPTION_RESUMABLE, NULL, "N",
     "Budget", "stop after so many validations without a new best; 0 never", NULL},

    /* what is told on the way */
    {"eval-every", RNN_OPTION_INT64, AT(eval_every), "0", 0, NO_LIMIT, RNN_OPTION_RESUMABLE, NULL,
     "STEPS", "Reports", "from one validation to the next; 0 chooses",
     ALIASES({"eval-val-every", NULL})},
    {"val-limit", RNN_OPTION_INT64, AT(val_limit), "131072", 0, NO_LIMIT, 0,
     NULL, "N", "Reports", "read only the first N characters held out in each validation; 0 reads "
     "all", NULL},
    {"checkpoint-every", RNN_OPTION_INT64, AT(checkpoint_every), "0", 0, NO_LIMIT,
     RNN_OPTION_RESUMABLE, NULL, "STEPS", "Reports",
     "from one save of all that resuming needs to the next; 0 chooses", NULL},
    {"print-every", RNN_OPTION_INT64, AT(print_every), "0", 0, NO_LIMIT, RNN_OPTION_RESUMABLE,
     NULL, "STEPS", "Reports", "from one progress report to the next; 0 chooses", NULL},
    {"sample-length", RNN_OPTION_INT, AT(sample_length), "200", 0, 1000000, RNN_OPTION_RESUMABLE,
     NULL, "N", "Reports", "characters in each sample on the way; 0 writes none", NULL},
    {"sample-temperature", RNN_OPTION_REAL, AT(sample_temperature), "1", 0, 100,
     RNN_OPTION_RESUMABLE, NULL, "T", "Reports", "temperature of these samples", NULL},
    {"sample-prime", RNN_OPTION_TEXT, AT(sample_prime), "", 0, 0, RNN_OPTION_RESUMABLE, NULL,
     "TEXT", "Reports", "text that these samples go on from", NULL},

    /* where */
    {"out", RNN_OPTION_TEXT, AT(out), "", 0, 0, RNN_OPTION_RESUMABLE | RNN_OPTION_FILE, NULL,
     "DIR", "Run", "the run's directory, instead of runs/NAME",
     ALIASES({"o", NULL}, {"checkpoint-dir", NULL}, {"checkpoint-name", NULL})},
    {"init-from", RNN_OPTION_TEXT, AT(init_from), "", 0, 0, RNN_OPTION_FILE, NULL, "MODEL", "Run",
     "begin with this model's weights, matched by character", NULL},
    {"seed", RNN_OPTION_UINT64, AT(seed), "123", 0, NO_LIMIT, 0, NULL, "N", "Run",
     "of everything random: same seed, same run where steps or epochs end it; a time goes by the "
     "clock", NULL},
    {"threads", RNN_OPTION_INT, AT(threads), "0", 0, 1024, RNN_OPTION_RESUMABLE, NULL, "N", "Run",
     "threads; 0 takes OMP_NUM_THREADS, else every core", NULL},
    {"cpu", RNN_OPTION_TEXT, AT(cpu), "auto", 0, 0, RNN_OPTION_RESUMABLE, NULL, "LEVEL", "Run",
     "avx512bf16, avx512, avx2, neon or generic, plain C; auto takes RNN_CPU, else the best", NULL},
    {"precision", RNN_OPTION_CHOICE, AT(precision), "auto", 0, 0, RNN_OPTION_RESUMABLE,
     "auto float32 bf16", "KIND", "Run",
     "of what is multiplied; auto is bf16 where the processor computes in it", NULL},
    {"device", RNN_OPTION_TEXT, AT(device), "auto", 0, 0, RNN_OPTION_RESUMABLE, NULL, "NAME",
     "Run", "where to compute, like cpu", NULL},
};
/* clang-format on */

#define ROWS (sizeof table / sizeof table[0])

const rnn_option *rnn_settings_table(size_t *count) {
    *count = ROWS;
    return table;
}

void rnn_training_defaults(rnn_training *how) {
    memset(how, 0, sizeof *how);
    rnn_options_fill(table, ROWS, how);
}

/* Of char-rnn and torch-rnn, whose users count in steps and epochs. */
static const char *const classics[][2] = {
    {"cell", "lstm"},        {"num-layers", "2"},       {"hidden-size", "128"},
    {"embedding-size", "0"}, {"ngrams", "1"},           {"ngram-size", "32"},
    {"ngram-rows", "32768"}, {"dropout", "0"},          {"output-dropout", "0"},
    {"weight-drop", "0"},    {"ngram-dropout", "0"},    {"max-symbols", "0"},
    {"batch-size", "50"},    {"seq-length", "50"},      {"passage", "0"},
    {"optimizer", "adam"},   {"learning-rate", "2e-3"}, {"beta1", "0.9"},
    {"beta2", "0.999"},      {"weight-decay", "0"},     {"clip-norm", "5"},
    {"warmup-steps", "0"},   {"schedule", "constant"},
};

void rnn_settings_take_classics(rnn_training *how) {
    int tied = how->tied_output && how->embedding_size == RNN_AUTO;
    for (size_t i = 0; i < sizeof classics / sizeof classics[0]; i++) {
        const rnn_option *option = rnn_options_find(table, ROWS, classics[i][0], NULL, NULL);
        if (rnn_options_is_auto(option, how))
            rnn_options_set(option, how, classics[i][1], NULL);
    }
    if (tied)
        how->embedding_size = how->hidden_size;
}

int rnn_settings_leave(const rnn_training *how) {
    for (size_t i = 0; i < ROWS; i++)
        if (rnn_options_is_auto(&table[i], how))
            return 1;
    return 0;
}

/* Of two sizes that are to be equal, one may say both. */
static void tie_sizes(rnn_training *how) {
    if (how->hidden_size == RNN_AUTO && how->embedding_size > 0)
        how->hidden_size = how->embedding_size;
    else if (how->embedding_size == RNN_AUTO && how->hidden_size != RNN_AUTO)
        how->embedding_size = how->hidden_size;
}

void rnn_settings_resolve(rnn_training *how) {
    if (how->epochs == 0 && how->steps == 0 && how->seconds == 0)
        how->seconds = DEFAULT_SECONDS;
    if (how->tied_output)
        tie_sizes(how);
    if (how->seconds == 0)
        rnn_settings_take_classics(how);
}

static rnn_status check_combinations(const rnn_training *how, rnn_error *error) {
    if (how->tied_output && how->embedding_size != RNN_AUTO && how->hidden_size != RNN_AUTO &&
        how->embedding_size != how->hidden_size)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "tie-output needs embedding-size equal to hidden-size, but they are %d and "
                        "%d",
                        how->embedding_size, how->hidden_size);
    if (how->max_symbols > 0 && how->max_symbols < 256)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "max-symbols must be 0 or at least 256 (the bytes that spell what is rare "
                        "are among them), not %d",
                        how->max_symbols);
    if (how->val_frac + how->test_frac >= 1)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "val-frac and test-frac must leave text to train on, but %g and %g take "
                        "all of it",
                        how->val_frac, how->test_frac);
    if (how->steps > 0 && how->warmup_steps > how->steps)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "warmup-steps must be at most steps, but they are %lld and %lld",
                        (long long)how->warmup_steps, (long long)how->steps);
    return RNN_OK;
}

rnn_status rnn_settings_check(const rnn_training *how, rnn_error *error) {
    for (size_t i = 0; i < ROWS; i++) {
        rnn_status status = rnn_options_check(&table[i], how, error);
        if (status != RNN_OK)
            return status;
    }
    return check_combinations(how, error);
}

/* -------------------------------------------------------------------- JSON */

/* JSON holds Unicode alone: in a path of other bytes each stands as '?'. */
static void put_text(rnn_json_text *to, const char *text) {
    size_t before = to->bytes;
    rnn_json_put_string(to, text);
    if (!to->invalid)
        return;
    char *plain = rnn_duplicate(text, strlen(text));
    if (!plain) {
        to->short_of_memory = 1;
        return;
    }
    for (char *c = plain; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    to->bytes = before;
    to->invalid = 0;
    rnn_json_put_string(to, plain);
    rnn_free(plain);
}

static void put_value(rnn_json_text *to, const rnn_option *option, const rnn_training *how) {
    const void *field = (const char *)how + option->offset;
    const char *text;
    char digits[64];
    if (rnn_options_is_auto(option, how)) {
        rnn_json_put_string(to, "auto");
        return;
    }
    switch (option->type) {
    case RNN_OPTION_TEXT:
        text = *(const char *const *)field;
        put_text(to, text ? text : "");
        return;
    case RNN_OPTION_CHOICE:
        rnn_options_print(option, how, digits, sizeof digits);
        rnn_json_put_string(to, digits);
        return;
    case RNN_OPTION_FLAG:
        rnn_json_put(to, *(const int *)field ? "true" : "false");
        return;
    case RNN_OPTION_DURATION:
        rnn_numbers_print_real(*(const double *)field, digits, sizeof digits);
        break;
    case RNN_OPTION_INT:
    case RNN_OPTION_INT64:
    case RNN_OPTION_UINT64:
    case RNN_OPTION_REAL:
        rnn_options_print(option, how, digits, sizeof digits);
        break;
    }
    rnn_json_put(to, digits);
}

/* "num-layers" -> "num_layers" */
static void key_of(const rnn_option *option, char *key, size_t room) {
    snprintf(key, room, "%s", option->name);
    for (; *key; key++)
        if (*key == '-')
            *key = '_';
}

char *rnn_settings_to_json(const rnn_training *how) {
    rnn_json_text json = {0};
    char key[64];
    for (size_t i = 0; i < ROWS; i++) {
        key_of(&table[i], key, sizeof key);
        rnn_json_put(&json, i == 0 ? "{" : ", ");
        rnn_json_put_string(&json, key);
        rnn_json_put(&json, ": ");
        put_value(&json, &table[i], how);
    }
    rnn_json_put(&json, "}");
    if (!json.short_of_memory)
        return json.text;
    rnn_free(json.text);
    return NULL;
}

static rnn_status set_from_json(const rnn_option *option, rnn_training *how, const json_t *value,
                                char **strings, rnn_error *error) {
    char digits[64];
    const char *text = digits;
    if (json_is_string(value)) {
        size_t length = json_string_length(value);
        if (option->type == RNN_OPTION_TEXT) {
            memcpy(*strings, json_string_value(value), length + 1);
            text = *strings;
            *strings += length + 1;
        } else {
            text = json_string_value(value);
        }
    } else if (json_is_boolean(value)) {
        snprintf(digits, sizeof digits, "%d", json_is_true(value));
    } else if (json_is_integer(value)) {
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        rnn_numbers_print_real(json_real_value(value), digits, sizeof digits);
    } else {
        return rnn_fail(error, RNN_ERR_FORMAT, "settings: %s is neither text, number nor yes or no",
                        option->name);
    }
    if (option->type == RNN_OPTION_TEXT && !json_is_string(value))
        return rnn_fail(error, RNN_ERR_FORMAT, "settings: %s must be text", option->name);
    if (rnn_options_set(option, how, text, error) == RNN_OK)
        return RNN_OK;
    rnn_error_prefix(error, "settings");
    if (error)
        error->code = RNN_ERR_FORMAT;
    return RNN_ERR_FORMAT;
}

rnn_status rnn_settings_from_json(rnn_training *how, const char *json, size_t bytes, char **strings,
                                  rnn_error *error) {
    rnn_status status = RNN_OK;
    rnn_training read;
    json_error_t fault;
    json_t *object = json_loadb(json, bytes, JSON_REJECT_DUPLICATES, &fault);
    *strings = NULL;
    if (!json_is_object(object)) {
        status = rnn_fail(error, RNN_ERR_FORMAT, "settings: expected a JSON object: %s",
                          object ? "found something else" : fault.text);
        goto done;
    }
    /* No string is longer decoded than it stands in the text, its NUL in place
     * of a quote. */
    *strings = rnn_allocate(bytes + 1, 1);
    if (!*strings) {
        status = rnn_fail(error, RNN_ERR_MEMORY, "settings: out of memory");
        goto done;
    }
    rnn_training_defaults(&read);
    char *place = *strings;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        const rnn_option *option = rnn_options_find(table, ROWS, key, NULL, NULL);
        if (!option) {
            status = rnn_fail(error, RNN_ERR_UNSUPPORTED,
                              "settings: '%.60s' is not known to version " RNN_VERSION
                              ": is the file from a newer one?",
                              key);
            goto done;
        }
        status = set_from_json(option, &read, value, &place, error);
        if (status != RNN_OK)
            goto done;
    }
    *how = read;
done:
    if (status != RNN_OK) {
        rnn_free(*strings);
        *strings = NULL;
    }
    json_decref(object);
    return status;
}

/* ------------------------------------------------------------------ resume */

static int is_budget(const rnn_option *option) {
    return option->offset == AT(epochs) || option->offset == AT(steps) ||
           option->offset == AT(seconds);
}

static rnn_status refuse_change(const rnn_option *option, const rnn_training *run,
                                const rnn_training *from, rnn_error *error) {
    char was[128], wanted[128];
    rnn_options_print(option, run, was, sizeof was);
    rnn_options_print(option, from, wanted, sizeof wanted);
    return rnn_fail(error, RNN_ERR_RANGE,
                    "%s cannot change when a run is resumed: it is '%s', not '%s'; leave it out, "
                    "or begin a new run",
                    option->name, was, wanted);
}

rnn_status rnn_settings_override(rnn_training *run, const rnn_training *from,
                                 const unsigned char *given, rnn_error *error) {
    rnn_training result = *run;
    int budget = !given && (from->epochs > 0 || from->steps > 0 || from->seconds > 0);
    for (size_t i = 0; i < ROWS; i++)
        budget |= given && is_budget(&table[i]) && given[i];
    if (budget)
        result.epochs = result.steps = result.seconds = 0;
    for (size_t i = 0; i < ROWS; i++) {
        /* What a run has chosen stands, unless another value is wished for. */
        if ((given && !given[i]) || rnn_options_is_auto(&table[i], from) ||
            (is_budget(&table[i]) && !budget))
            continue;
        if (!(table[i].marks & RNN_OPTION_RESUMABLE) && !rnn_options_equal(&table[i], run, from))
            return refuse_change(&table[i], run, from, error);
        rnn_options_copy(&table[i], &result, from);
    }
    *run = result;
    return RNN_OK;
}
