/* SPDX-License-Identifier: MIT
 *
 * character_alone.h - how much of a property the character at hand tells by itself.
 *
 * A network that remembers nothing could still tell a digit, and half of all ends of lines.
 * So the score of a unit is worth as much as it is above this one: the property's mean among
 * the same characters in the first half of a text, taken for an activation and scored on the
 * second half, as association.h scores units.
 */
#ifndef RNN_CHARACTER_ALONE_H
#define RNN_CHARACTER_ALONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A text [characters] of symbols below `symbols`, and a property of it, values [characters]:
 * 0 and 1 unless it is graded. What the first half does not have has the mean of all of it.
 * RNN_ERR_MEMORY. */
rnn_status rnn_character_alone_score(double *out, const uint16_t *text, uint64_t characters,
                                     size_t symbols, const uint8_t *values, int graded,
                                     rnn_error *error);

#endif
