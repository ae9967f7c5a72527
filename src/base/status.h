/* SPDX-License-Identifier: MIT
 *
 * status.h - how a failure travels: a code and a message that teaches.
 */
#ifndef RNN_STATUS_H
#define RNN_STATUS_H

#include "rnn.h"

#if defined(__GNUC__)
#define RNN_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define RNN_PRINTF(text, first)
#endif

/* Fills error (which may be NULL) and returns code, so that a failing function
 * can `return rnn_fail(error, RNN_ERR_IO, "%s: ...", path);`. */
rnn_status rnn_fail(rnn_error *error, rnn_status code, const char *format, ...) RNN_PRINTF(3, 4);

/* Puts "prefix: " before a message that is already there. */
void rnn_error_prefix(rnn_error *error, const char *format, ...) RNN_PRINTF(2, 3);

#endif
