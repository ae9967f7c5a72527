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

/* What each of so many cores has of the third cache, in bytes; 0 where there is none. */
size_t rnn_caches_third(const rnn_caches *caches, size_t cores);

/* Bytes for each of so many cores that lie in the third cache and, but for a part, not in the
 * second; half of what it has, for other things lie there too, or more of it where that would
 * be too little. 0 where there are none such. */
size_t rnn_caches_share(const rnn_caches *caches, size_t cores);

#endif
