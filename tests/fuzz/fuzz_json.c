/* SPDX-License-Identifier: MIT
 *
 * fuzz_json.c - the JSON reader never reads outside its text, refuses nothing
 * that jansson takes, and reads back what the writer writes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/memory.h"
#include "formats/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void round_trip(const char *string) {
    rnn_json_text to = {0};
    rnn_json json;
    size_t length;
    rnn_json_put_string(&to, string);
    if (to.invalid || to.short_of_memory)
        abort();
    char *read = rnn_allocate(to.bytes + 1, 1);
    rnn_json_start(&json, to.text, to.bytes);
    if (!rnn_json_string(&json, read, to.bytes + 1, &length) || strcmp(read, string) != 0)
        abort();
    rnn_free(read);
    rnn_free(to.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    rnn_json json;
    size_t length;
    rnn_json_start(&json, (const char *)bytes, count);
    rnn_json_skip(&json);
    int good = rnn_json_finish(&json);
    if (json.at > count || good != !json.wrong)
        abort();
    /* jansson takes a NUL for the end here and there. */
    json_t *tree =
        count > 0 && memchr(bytes, 0, count)
            ? NULL
            : json_loadb((const char *)bytes, count, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (tree && !good && !strstr(json.wrong, "nested"))
        abort();
    json_decref(tree);
    /* As a string, if it is one. */
    char *text = rnn_allocate(count + 1, 1);
    rnn_json_start(&json, (const char *)bytes, count);
    if (rnn_json_string(&json, text, count + 1, &length) && strlen(text) == length)
        round_trip(text);
    rnn_free(text);
    return 0;
}
