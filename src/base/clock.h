/* SPDX-License-Identifier: MIT
 *
 * clock.h - seconds that only go forward.
 */
#ifndef RNN_CLOCK_H
#define RNN_CLOCK_H

/* Seconds since some moment in the past, monotonic. */
double rnn_clock_now(void);

#endif
