/* SPDX-License-Identifier: MIT
 *
 * units.h - units of a network as they are written on a command line: LAYER:UNIT, both
 * from 0, in a list with commas.
 */
#ifndef CLI_UNITS_H
#define CLI_UNITS_H

#include <stddef.h>

#include "rnn.h"

/* Reads "0:17,1:5", or with values "0:17=1,1:5=-0.5", one for each unit. *out is released
 * with rnn_free; an empty list gives none. `option` stands in messages. RNN_ERR_RANGE,
 * RNN_ERR_MEMORY. */
rnn_status units_read(rnn_clamp **out, size_t *count, const char *list, int with_values,
                      const char *option, rnn_error *error);

#endif
