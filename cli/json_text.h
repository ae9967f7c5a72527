/* SPDX-License-Identifier: MIT
 *
 * json_text.h - text of any origin as a JSON string: names of files may be any bytes, and
 * JSON is UTF-8.
 */
#ifndef CLI_JSON_TEXT_H
#define CLI_JSON_TEXT_H

#include <jansson.h>

/* The text, U+FFFD in place of each byte that is no UTF-8; NULL when memory is short. */
json_t *json_text_of(const char *text);

#endif
