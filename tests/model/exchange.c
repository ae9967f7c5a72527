/* SPDX-License-Identifier: MIT
 *
 * exchange.c - for test scripts: makes model files and takes them in.
 *
 *   model_exchange make FILE CELL LAYERS HIDDEN EMBEDDING NGRAMS BIAS TIED SEED
 *   model_exchange copy FROM TO     loads and saves
 *   model_exchange sweep DIRECTORY  removes what killed saves have left
 */
#include "base/files.h"
#include "tests/model/made_model.h"

static int say(rnn_status status, const rnn_error *error) {
    if (status == RNN_OK)
        return 0;
    fprintf(stderr, "model_exchange: %s\n", error->message);
    return 1;
}

static int make(char **words) {
    static const char *const cells[] = {"tanh", "gru", "lstm"};
    int cell = 0;
    rnn_error error;
    while (cell < 2 && strcmp(words[1], cells[cell]) != 0)
        cell++;
    rnn_network shape = {.cell = (rnn_cell)cell,
                         .layers = strtoul(words[2], NULL, 10),
                         .hidden = strtoul(words[3], NULL, 10),
                         .embedding = strtoul(words[4], NULL, 10),
                         .ngrams = strtoul(words[5], NULL, 10),
                         .ngram_size = 3,
                         .ngram_rows = 20,
                         .bias = atoi(words[6]),
                         .tied = atoi(words[7])};
    rnn_model *model = made_model_of(shape, MADE_VOCABULARY);
    rnn_status status = rnn_model_initialise(model, strtoull(words[8], NULL, 10), 1.0, &error);
    if (status == RNN_OK)
        status = rnn_model_save(model, NULL, words[0], &error);
    rnn_model_destroy(model);
    return say(status, &error);
}

static int copy(char **words) {
    rnn_model *model;
    rnn_error error;
    rnn_status status = rnn_model_load(&model, words[0], &error);
    if (status == RNN_OK)
        status = rnn_model_save(model, NULL, words[1], &error);
    rnn_model_destroy(model);
    return say(status, &error);
}

int main(int count, char **words) {
    if (count == 11 && strcmp(words[1], "make") == 0)
        return make(words + 2);
    if (count == 4 && strcmp(words[1], "copy") == 0)
        return copy(words + 2);
    if (count == 3 && strcmp(words[1], "sweep") == 0) {
        rnn_files_sweep(words[2]);
        return 0;
    }
    fprintf(stderr, "model_exchange: wrong arguments\n");
    return 2;
}
