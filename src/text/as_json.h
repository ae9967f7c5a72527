/* SPDX-License-Identifier: MIT
 *
 * as_json.h - text of any origin as a JSON string: names of files may be any bytes, and
 * JSON is UTF-8.
 */
#ifndef RNN_AS_JSON_H
#define RNN_AS_JSON_H

#include <jansson.h>

/* Both: U+FFFD in place of each byte that is no UTF-8; NULL when memory is short. */
json_t *rnn_text_as_json(const char *text);
json_t *rnn_bytes_as_json(const char *text, size_t bytes);

#endif
