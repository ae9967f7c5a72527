/* SPDX-License-Identifier: MIT
 *
 * info.c - `rnn info`: what a model is and how it came to be.
 */
#include <jansson.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/figures.h"
#include "cli/help.h"
#include "cli/manners.h"
#include "cli/runs.h"
#include "cli/terminal.h"
#include "model/configuration.h"
#include "training/settings.h"

/* A symbol as JSON text; a byte that is no character by itself as the number. */
static json_t *symbol_json(const rnn_model *model, int32_t symbol) {
    size_t bytes;
    const char *text = rnn_model_symbol(model, symbol, &bytes);
    json_t *value = json_stringn(text, bytes);
    return value ? value : json_integer((unsigned char)text[0]);
}

static json_t *describe(const rnn_model *model, const char *path) {
    rnn_model_info info = rnn_model_describe(model);
    json_t *symbols = json_array(), *history = json_loads(rnn_model_history(model), 0, NULL);
    for (int32_t i = 0; i < info.symbols; i++)
        json_array_append_new(symbols, symbol_json(model, i));
    json_t *where = json_string(path);
    return json_pack(
        "{s:o, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:b, s:I, s:s, s:b, s:i, s:o, s:o}", "model",
        where ? where : json_null(), "cell", rnn_configuration_cell((rnn_cell)info.cell),
        "num_layers", info.num_layers, "hidden_size", info.hidden_size, "embedding_size",
        info.embedding_size, "ngrams", info.ngrams, "ngram_size", info.ngram_size, "ngram_rows",
        info.ngram_rows, "bias", info.bias, "tied_output", info.tied_output, "parameters",
        (json_int_t)info.parameters, "units", info.units == RNN_UNITS_BYTES ? "bytes" : "chars",
        "open", info.open, "symbols", info.symbols, "vocabulary", symbols, "history",
        history ? history : json_object());
}

/* ------------------------------------------------------------------ reading */

static void print_shape(const rnn_model_info *info) {
    printf("network     %d x %d %s", info->num_layers, info->hidden_size,
           rnn_configuration_cell((rnn_cell)info->cell));
    if (info->embedding_size > 0)
        printf(", characters as %d numbers%s", info->embedding_size,
               info->tied_output ? ", tied output" : "");
    if (info->ngrams > 1)
        printf(", n-grams of %s%d as %d numbers each, %s rows a length",
               info->ngrams > 2 ? "2 to " : "", info->ngrams, info->ngram_size,
               figures_count((uint64_t)info->ngram_rows).text);
    printf("%s\n", info->bias ? "" : ", no biases");
    printf("parameters  %s\n", figures_count(info->parameters).text);
}

/* All symbols that show something, in a row: letters side by side, controls as
 * escapes, single bytes above ASCII counted. */
static void print_vocabulary(const rnn_model *model, const rnn_model_info *info) {
    char *text = NULL;
    size_t room = 0;
    int bytes_alone = 0;
    FILE *file = open_memstream(&text, &room);
    if (!file)
        return;
    for (int32_t i = 0; i < info->symbols; i++) {
        size_t bytes;
        const char *symbol = rnn_model_symbol(model, i, &bytes);
        char one[8] = {0};
        memcpy(one, symbol, bytes < 7 ? bytes : 7);
        if (bytes == 1 && (unsigned char)one[0] >= 0x80)
            bytes_alone++;
        else if (strcmp(one, "\n") == 0)
            fputs("\\n", file);
        else if (strcmp(one, "\t") == 0)
            fputs("\\t", file);
        else if (bytes == 1 && one[0] == '\0')
            fputs("\\0", file);
        else
            terminal_print_safely(file, one, "");
    }
    fclose(file);
    printf("vocabulary  %s %s%s\n", figures_count((uint64_t)info->symbols).text,
           info->units == RNN_UNITS_BYTES ? "bytes" : "characters",
           info->open ? ", and bytes to spell all others" : "");
    size_t shown = 0;
    for (size_t columns = 0; text && text[shown] && columns < 600; columns++)
        for (shown++; ((unsigned char)text[shown] & 0xC0) == 0x80;)
            shown++;
    printf("            %.*s%s\n", (int)shown, text ? text : "", text && text[shown] ? " ..." : "");
    if (bytes_alone > 0)
        printf("            and %d bytes\n", bytes_alone);
    free(text);
}

static void print_number(const json_t *object, const char *key, const char *label) {
    const json_t *value = json_object_get(object, key);
    if (json_is_number(value))
        printf("%-11s %.4f nats, %.4f bits per character\n", label, json_number_value(value),
               figures_bits(json_number_value(value)));
}

/* A model may come from anywhere, and with it what is told of its making. */
static void print_setting(FILE *file, const char *name, const char *value) {
    fprintf(file, "--%s ", name);
    terminal_print_safely(file, value, "");
    putc(' ', file);
}

/* The settings that are not the defaults, as options. */
static void print_settings(const json_t *settings) {
    rnn_training how, defaults;
    size_t rows;
    char *strings, *json = json_dumps(settings, 0), *text = NULL;
    size_t room = 0;
    const rnn_option *table = rnn_settings_table(&rows);
    rnn_training_defaults(&defaults);
    if (!json || rnn_settings_from_json(&how, json, strlen(json), &strings, NULL) != RNN_OK) {
        free(json);
        return;
    }
    FILE *file = open_memstream(&text, &room);
    for (size_t i = 0; file && i < rows; i++) {
        char value[256];
        if (rnn_options_equal(&table[i], &how, &defaults))
            continue;
        rnn_options_print(&table[i], &how, value, sizeof value);
        if (table[i].type == RNN_OPTION_FLAG)
            fprintf(file, "--%s%s ", value[0] == '0' ? "no-" : "", table[i].name);
        else
            print_setting(file, table[i].name, value);
    }
    if (file)
        fclose(file);
    if (text && *text) {
        int column = printf("settings    ");
        figures_wrap(stdout, text, terminal_width(stdout), 12, (size_t)column);
    }
    free(text);
    free(json);
    rnn_free(strings);
}

static void print_history(const rnn_model *model) {
    json_t *history = json_loads(rnn_model_history(model), 0, NULL);
    const json_t *step = json_object_get(history, "step"), *input;
    const json_t *seconds = json_object_get(history, "seconds");
    const char *program = json_string_value(json_object_get(history, "program"));
    size_t i;
    if (json_is_integer(step)) {
        printf("trained     %s steps, %.2f epochs, %s",
               figures_count((uint64_t)json_integer_value(step)).text,
               json_number_value(json_object_get(history, "epoch")),
               figures_seconds(json_number_value(seconds)).text);
        terminal_print_safely(stdout, program ? program : "", program ? ", by " : "");
        putchar('\n');
    }
    json_array_foreach(json_object_get(history, "inputs"), i, input) {
        printf("%-11s ", i == 0 ? "text" : "");
        terminal_print_safely(stdout, json_string_value(input) ? json_string_value(input) : "", "");
        putchar('\n');
    }
    print_number(history, "train_loss", "training");
    print_number(history, "val_loss", "validation");
    print_settings(json_object_get(history, "settings"));
    json_decref(history);
}

/* ------------------------------------------------------------------ command */

static int run(const command *self, int argc, char **argv) {
    manners how;
    arguments_part part = {.table = manners_table, .target = &how};
    rnn_error error = {0};
    rnn_model *model = NULL;
    char path[RUNS_PATH];
    size_t count;
    int code;
    if (arguments_parse(&part, 1, argc, argv, &count, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (how.help) {
        help_print(stdout, self);
        return manners_finish(self);
    }
    if (count != 1)
        return manners_usage(self, count ? "one model at a time"
                                         : "which model? Name a run's directory or a "
                                           ".safetensors file");
    if (runs_locate(argv[0], path, sizeof path, &error) != RNN_OK ||
        rnn_model_load(&model, path, &error) != RNN_OK)
        return manners_fail(self, &error);
    if (how.json) {
        code = manners_print_json(self, describe(model, path));
    } else {
        rnn_model_info info = rnn_model_describe(model);
        printf("model       %s\n", path);
        print_shape(&info);
        print_vocabulary(model, &info);
        print_history(model);
        code = manners_finish(self);
    }
    rnn_model_destroy(model);
    return code;
}

const command info_command = {
    "info",
    (const char *const[]){"[OPTION...] MODEL", NULL},
    "show what a model is and how it was trained",
    "Shows a model's shape, its vocabulary and the training that it comes from. MODEL is a run's "
    "directory, its name under runs/, or a .safetensors file.",
    (const char *const[]){"rnn info runs/book", "rnn info runs/book --json", NULL},
    {manners_table, NULL},
    run,
};
