/* SPDX-License-Identifier: MIT
 *
 * generate.c - a text generator in a program of your own.
 *
 *   generate MODEL [CHARACTERS [PRIME [SEED]]]
 *
 *   cc generate.c $(pkg-config --cflags --libs rnn) -o generate
 */
#include <rnn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int give_up(const rnn_error *error) {
    fprintf(stderr, "generate: %s\n", error->message);
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: generate MODEL [CHARACTERS [PRIME [SEED]]]\n");
        return 2;
    }
    long characters = argc > 2 ? strtol(argv[2], NULL, 10) : 500;
    const char *prime = argc > 3 ? argv[3] : "";
    rnn_sampling how = {.temperature = 0.8F, .seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1};

    rnn_error error;
    rnn_model *model = NULL;
    if (rnn_model_load(&model, argv[1], &error) != RNN_OK)
        return give_up(&error);

    rnn_sampler *sampler = NULL;
    if (rnn_sampler_create(&sampler, model, &how, 1, &error) != RNN_OK ||
        rnn_sampler_prime(sampler, prime, strlen(prime), 0, &error) != RNN_OK) {
        rnn_sampler_destroy(sampler);
        rnn_model_destroy(model);
        return give_up(&error);
    }

    fputs(prime, stdout);
    rnn_writer writer = {0};
    char text[24];
    for (long i = 0; i < characters; i++) {
        int32_t symbol;
        rnn_sampler_next(sampler, &symbol);
        fwrite(text, 1, rnn_writer_push(&writer, model, symbol, text), stdout);
    }
    fwrite(text, 1, rnn_writer_end(&writer, text), stdout);
    putchar('\n');

    rnn_sampler_destroy(sampler);
    rnn_model_destroy(model);
    return 0;
}
