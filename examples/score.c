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
#include <stdlib.h>
#include <sys/types.h>

/* Prints bits per character, the newline's among them, and the line. Nothing can be predicted
 * in fewer than two characters, which is RNN_ERR_RANGE. */
static int score_line(const rnn_model *model, const char *line, size_t bytes, rnn_error *error) {
    const int skip_unknown = 1;
    rnn_score score;
    rnn_status status = rnn_score_text(model, line, bytes, skip_unknown, &score, NULL, NULL, error);
    if (status == RNN_OK)
        printf("%6.3f  %.*s\n", score.nats_per_character / log(2.0),
               (int)(bytes - (line[bytes - 1] == '\n')), line);
    return status == RNN_OK || status == RNN_ERR_RANGE;
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
    char *line = NULL;
    size_t room = 0;
    int good = 1;
    for (ssize_t bytes; good && (bytes = getline(&line, &room, stdin)) > 0;)
        good = score_line(model, line, (size_t)bytes, &error);
    if (!good)
        fprintf(stderr, "score: %s\n", error.message);
    free(line);
    rnn_model_destroy(model);
    return !good;
}
