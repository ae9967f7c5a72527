/* SPDX-License-Identifier: MIT
 *
 * score.c - how surprising a model finds each line of its standard input, in bits
 * per character: strange lines come out high.
 *
 *   score MODEL < TEXT | sort -rn | head
 */
#include <math.h>
#include <rnn.h>
#include <stdio.h>
#include <string.h>

/* Prints bits per character and the line; shorter ones have nothing to predict. */
static int score_line(const rnn_model *model, const char *line, size_t bytes, rnn_error *error) {
    const int skip_unknown = 1;
    rnn_score score;
    rnn_status status = rnn_score_text(model, line, bytes, skip_unknown, &score, NULL, NULL, error);
    if (status == RNN_ERR_RANGE)
        return 1;
    if (status != RNN_OK)
        return 0;
    printf("%6.3f  %.*s", score.nats_per_character / log(2.0), (int)bytes, line);
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: score MODEL < TEXT\n");
        return 2;
    }
    rnn_error error;
    rnn_model *model = NULL;
    if (rnn_model_load(&model, argv[1], &error) != RNN_OK) {
        fprintf(stderr, "score: %s\n", error.message);
        return 1;
    }
    char line[4096];
    int good = 1;
    while (good && fgets(line, sizeof line, stdin))
        good = score_line(model, line, strlen(line), &error);
    if (!good)
        fprintf(stderr, "score: %s\n", error.message);
    rnn_model_destroy(model);
    return !good;
}
