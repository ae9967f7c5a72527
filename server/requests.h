/* SPDX-License-Identifier: MIT
 *
 * requests.h - reading what a request brings: its query and its JSON.
 */
#ifndef SERVER_REQUESTS_H
#define SERVER_REQUESTS_H

#include "server/http.h"

/* Decodes the percent signs of the query where it lies (the values belong to the
 * connection). 0 for what is no UTF-8 in the end, has a NUL or half an escape. */
int requests_decode(http_request *request);

/* The body as a JSON object, released with json_decref; NULL with the refusal in reply. */
json_t *requests_object(const http_request *request, http_reply *reply);

/* A member of the object. Absent or null, all leave *value as it is; what is no such
 * value, or out of its range, is refused (0). Whole numbers may be written 1.0. */
int requests_whole(const json_t *object, const char *key, json_int_t least, json_int_t most,
                   json_int_t *value, http_reply *reply);
int requests_real(const json_t *object, const char *key, double least, double most, double *value,
                  http_reply *reply);
int requests_flag(const json_t *object, const char *key, int *value, http_reply *reply);
/* Borrowed from the object. */
int requests_text(const json_t *object, const char *key, const char **value, http_reply *reply);

#endif
