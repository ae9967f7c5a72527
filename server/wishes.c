/* SPDX-License-Identifier: MIT
 *
 * wishes.c - see wishes.h.
 */
#include "server/wishes.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_SYMBOLS 256

/* What may stand there without meaning anything: null, false, zero, empty. */
static int is_nothing(const json_t *value) {
    return json_is_null(value) || json_is_false(value) ||
           (json_is_number(value) && json_number_value(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

static int check_keys(const json_t *object, http_reply *reply) {
    static const char *const known[] = {"model", "prompt", "max_tokens", "temperature", "top_p",
                                        "top_k", "min_p",  "n",          "stream",      "stop",
                                        "seed",  "echo",   "logprobs",   "skip_unknown"};
    static const char *const idle[] = {"user", "best_of", "stream_options"};
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        int fine = is_nothing(value);
        for (size_t i = 0; !fine && i < sizeof known / sizeof *known; i++)
            fine = strcmp(key, known[i]) == 0;
        for (size_t i = 0; !fine && i < sizeof idle / sizeof *idle; i++)
            fine = strcmp(key, idle[i]) == 0;
        if (!fine) {
            http_refuse(reply, 400, "'%.60s' is not something that this server does", key);
            return 0;
        }
    }
    return 1;
}

/* A prompt is text, or a list of a single one. */
static int read_prompt(wishes *out, const json_t *object, http_reply *reply) {
    const json_t *prompt = json_object_get(object, "prompt");
    if (json_is_array(prompt) && json_array_size(prompt) == 1)
        prompt = json_array_get(prompt, 0);
    if (prompt && !json_is_null(prompt) && !json_is_string(prompt)) {
        http_refuse(reply, 400, "prompt must be one text");
        return 0;
    }
    out->prompt = json_is_string(prompt) ? json_string_value(prompt) : "";
    out->prompt_bytes = json_is_string(prompt) ? json_string_length(prompt) : 0;
    return 1;
}

static int add_stop(wishes *out, const json_t *stop, http_reply *reply) {
    size_t length = json_string_length(stop);
    if (!json_is_string(stop) || length == 0 || length > STOPS_LENGTH ||
        out->stops.count == STOPS_MOST) {
        http_refuse(reply, 400, "stop must be a text of 1 to %d bytes, or a list of at most %d",
                    STOPS_LENGTH, STOPS_MOST);
        return 0;
    }
    out->stops.texts[out->stops.count] = json_string_value(stop);
    out->stops.lengths[out->stops.count++] = length;
    return 1;
}

static int read_stops(wishes *out, const json_t *object, http_reply *reply) {
    const json_t *stop = json_object_get(object, "stop"), *one;
    size_t i;
    if (!stop || json_is_null(stop))
        return 1;
    if (!json_is_array(stop))
        return add_stop(out, stop, reply);
    json_array_foreach(stop, i, one) {
        if (!add_stop(out, one, reply))
            return 0;
    }
    return 1;
}

static int read_drawing(wishes *out, const json_t *object, http_reply *reply) {
    double temperature = 1, top_p = 0, min_p = 0;
    json_int_t top_k = 0, seed = -1;
    if (!requests_real(object, "temperature", 0, 1000, &temperature, reply) ||
        !requests_real(object, "top_p", 0, 1, &top_p, reply) ||
        !requests_real(object, "min_p", 0, 1, &min_p, reply) ||
        !requests_whole(object, "top_k", 0, 1000000, &top_k, reply) ||
        !requests_whole(object, "seed", 0, INT64_MAX, &seed, reply))
        return 0;
    if (seed < 0) {
        char digits[GATE_TOKEN_ROOM] = "1";
        gate_make_token(digits);
        digits[8] = '\0';
        seed = (json_int_t)strtoul(digits, NULL, 16);
    }
    out->sampling = (rnn_sampling){.temperature = (float)temperature,
                                   .greedy = temperature == 0,
                                   .top_k = (int)top_k,
                                   .top_p = top_p >= 1 ? 0 : (float)top_p,
                                   .min_p = (float)min_p,
                                   .seed = (uint64_t)seed,
                                   .threads = 1};
    return 1;
}

int wishes_read(wishes *out, const json_t *object, http_reply *reply) {
    json_int_t most = DEFAULT_SYMBOLS, choices = 1, logprobs = -1;
    memset(out, 0, sizeof *out);
    out->model = "";
    if (!check_keys(object, reply) || !read_prompt(out, object, reply) ||
        !read_stops(out, object, reply) || !read_drawing(out, object, reply) ||
        !requests_text(object, "model", &out->model, reply) ||
        !requests_whole(object, "max_tokens", 0, WISHES_MOST_SYMBOLS, &most, reply) ||
        !requests_whole(object, "n", 1, WISHES_MOST_CHOICES, &choices, reply) ||
        !requests_whole(object, "logprobs", 0, WISHES_MOST_LOGPROBS, &logprobs, reply) ||
        !requests_flag(object, "stream", &out->stream, reply) ||
        !requests_flag(object, "echo", &out->echo, reply) ||
        !requests_flag(object, "skip_unknown", &out->skip_unknown, reply))
        return 0;
    out->most = (size_t)most;
    out->choices = (int)choices;
    out->logprobs = (int)logprobs;
    return 1;
}
