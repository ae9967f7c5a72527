/* SPDX-License-Identifier: MIT
 *
 * memory.h - allocation: zeroed unless said, overflow-checked, aligned for vectors.
 *
 * Everything that the library allocates comes from here, so that tests can
 * make each allocation fail in turn.
 */
#ifndef RNN_MEMORY_H
#define RNN_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "rnn.h"

#define RNN_ALIGNMENT 64 /* bytes: a cache line, and the widest vector */

/* count * size zeroed bytes at a multiple of RNN_ALIGNMENT; NULL when memory is
 * short or the product overflows. Never NULL for a product of 0. Freed with
 * rnn_free (rnn.h). */
void *rnn_allocate(size_t count, size_t size);

/* The same, but not zeroed: a large block takes its pages when they are written to, which
 * may be after others have been given back. */
void *rnn_allocate_unset(size_t count, size_t size);

/* Grows *pointer (from rnn_allocate, or NULL) to hold at least `needed` items of
 * `size` bytes, doubling *capacity; keeps the contents. 0 when memory is short:
 * the old block then still stands. */
int rnn_grow(void **pointer, size_t *capacity, size_t needed, size_t size);

/* A copy of `bytes` bytes with a NUL behind them. */
char *rnn_duplicate(const char *text, size_t bytes);

/* For tests: the nth allocation from now fails (1 is the next; 0 turns it off);
 * with for_ever, all after it as well. */
void rnn_allocate_fail(uint64_t nth, int for_ever);

#endif
