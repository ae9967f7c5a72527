/* SPDX-License-Identifier: MIT
 *
 * numbers.h - numbers as text, the same in every locale.
 *
 * The whole text must be the number; blanks, hexadecimal, infinities and NaN are
 * refused. The readers return 1 if they could read it.
 */
#ifndef RNN_NUMBERS_H
#define RNN_NUMBERS_H

#include <stddef.h>

#define RNN_NUMBERS_EXACT 9007199254740992.0 /* 2^53: doubles hold all whole numbers to here */

int rnn_numbers_read_real(const char *text, double *value);

/* 1e6 is a whole number too. */
int rnn_numbers_read_whole(const char *text, long long *value);

/* Seconds from 90, 90s, 3m, 1h30m, 2d; from the largest unit to the smallest. */
int rnn_numbers_read_duration(const char *text, double *seconds);

/* The shortest decimal number that reads back as exactly this one. As snprintf,
 * both return the length that the text has without its NUL, whatever the room. */
size_t rnn_numbers_print_real(double value, char *out, size_t room);
size_t rnn_numbers_print_duration(double seconds, char *out, size_t room);

#endif
