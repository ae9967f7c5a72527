/* SPDX-License-Identifier: MIT
 *
 * as_json.c - see as_json.h.
 */
#include "text/as_json.h"

#include <string.h>

#include "base/memory.h"
#include "text/utf8.h"

#define REPLACEMENT 0xFFFDu

json_t *rnn_text_as_json(const char *text) {
    return rnn_bytes_as_json(text, strlen(text));
}

json_t *rnn_bytes_as_json(const char *text, size_t bytes) {
    size_t left = bytes, used = 0;
    char *out = rnn_allocate(3 * left + 1, 1); /* U+FFFD takes three bytes */
    if (!out)
        return NULL;
    while (left > 0) {
        uint32_t code;
        int length = rnn_utf8_decode((const unsigned char *)text, left, &code);
        used += rnn_utf8_encode(length > 0 ? code : REPLACEMENT, out + used);
        text += length > 0 ? length : 1;
        left -= length > 0 ? (size_t)length : 1;
    }
    json_t *string = json_stringn(out, used);
    rnn_free(out);
    return string;
}
