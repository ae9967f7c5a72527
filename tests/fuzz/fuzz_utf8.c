/* SPDX-License-Identifier: MIT
 *
 * fuzz_utf8.c - any bytes through an open vocabulary and back are the same
 * bytes, in whatever pieces they come; written out as characters they are valid
 * UTF-8.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/model.h"
#include "text/encoder.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Bytes, and a few characters beyond ASCII. */
static rnn_model *open_model(void) {
    static rnn_model *model;
    if (model)
        return model;
    char json[4096], *end = json;
    rnn_vocabulary *vocabulary;
    end += sprintf(end, "{\"units\":\"chars\",\"open\":true,\"normalize\":\"none\",\"symbols\":[");
    for (int i = 0; i < 256; i++)
        end += sprintf(end, i < 128 ? "\"\\u%04x\"," : "%d,", i);
    sprintf(end, "\"\\u00e9\",\"\\u0915\",\"\\u4e2d\",\"\\ud83d\\ude00\"]}");
    rnn_network shape = {.cell = RNN_CELL_TANH, .layers = 1, .hidden = 1, .symbols = 260};
    if (rnn_vocabulary_read_json(&vocabulary, json, strlen(json), NULL) != RNN_OK ||
        rnn_model_create(&model, &shape, vocabulary, NULL, NULL) != RNN_OK)
        abort();
    return model;
}

static int32_t *encode(const rnn_model *model, const char *bytes, size_t count, size_t piece,
                       size_t *symbols_count) {
    rnn_encoder *encoder;
    int32_t *symbols = NULL;
    size_t capacity = 0;
    *symbols_count = 0;
    if (rnn_encoder_create(&encoder, model->vocabulary, 0, NULL) != RNN_OK)
        abort();
    for (size_t at = 0; at < count || at == 0; at += piece) {
        size_t part = count - at < piece ? count - at : piece;
        if (rnn_encoder_add(encoder, bytes + at, part, at + part == count, &symbols, symbols_count,
                            &capacity, NULL) != RNN_OK)
            abort();
    }
    rnn_encoder_destroy(encoder);
    return symbols;
}

/* What the writer makes of symbols must be whole characters. */
static void write_out(const rnn_model *model, const int32_t *symbols, size_t count) {
    rnn_writer writer = {{0}, 0};
    for (size_t i = 0; i <= count; i++) {
        char out[24];
        size_t length = i < count ? rnn_writer_push(&writer, model, symbols[i], out)
                                  : rnn_writer_end(&writer, out);
        for (size_t at = 0; at < length;) {
            uint32_t code;
            int one = rnn_utf8_decode((const unsigned char *)out + at, length - at, &code);
            if (one <= 0)
                abort();
            at += (size_t)one;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count) {
    if (count == 0)
        return 0;
    const rnn_model *model = open_model();
    size_t piece = data[0] % 7 + 1;
    const char *bytes = (const char *)data + 1;
    count--;

    size_t whole_count, parts_count, at = 0;
    int32_t *whole = encode(model, bytes, count, count + 1, &whole_count);
    int32_t *parts = encode(model, bytes, count, piece, &parts_count);
    if (whole_count != parts_count ||
        (whole_count > 0 && memcmp(whole, parts, whole_count * sizeof *whole) != 0))
        abort();
    for (size_t i = 0; i < whole_count; i++) {
        size_t length;
        const char *text = rnn_model_symbol(model, whole[i], &length);
        if (length > count - at || memcmp(text, bytes + at, length) != 0)
            abort();
        at += length;
    }
    if (at != count)
        abort();
    write_out(model, whole, whole_count);
    rnn_free(whole);
    rnn_free(parts);
    return 0;
}
