/* SPDX-License-Identifier: MIT
 *
 * caches.h - how large this machine's caches are.
 */
#ifndef RNN_CACHES_H
#define RNN_CACHES_H

#include <stddef.h>

typedef struct rnn_caches {
    size_t l2;        /* bytes, of one core */
    size_t l3;        /* bytes; 0: this machine has none */
    size_t l3_shared; /* by this many cores, >= 1 */
} rnn_caches;

/* As the system tells of the first core (Linux: /sys), else as the C library
 * does, else 512 KB and 8 MB. */
rnn_caches rnn_caches_find(void);

#endif
