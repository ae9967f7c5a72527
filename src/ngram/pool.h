/* SPDX-License-Identifier: MIT
 *
 * pool.h - items of one size that come one after another, in blocks.
 *
 * A pool never moves what it holds, so that growing needs no second copy, and
 * every byte is taken from a budget that several pools may share.
 */
#ifndef RNN_POOL_H
#define RNN_POOL_H

#include <stddef.h>
#include <stdint.h>

#define RNN_POOL_BLOCK 4096 /* items */

/* Zero-initialise and set item. */
typedef struct rnn_pool {
    size_t item; /* bytes */
    uint32_t count;
    unsigned char **blocks;
    size_t block_count, capacity;
} rnn_pool;

typedef struct rnn_budget {
    uint64_t used, limit; /* bytes */
    int out_of_memory;    /* 1: not the limit was reached, but an allocation failed */
} rnn_budget;

/* Room for one more item at the end, zeroed; NULL where the budget, the machine's
 * memory or 32 bits for the count are spent. */
void *rnn_pool_push(rnn_pool *pool, rnn_budget *budget);

static inline void *rnn_pool_at(const rnn_pool *pool, uint32_t index) {
    return pool->blocks[index / RNN_POOL_BLOCK] + index % RNN_POOL_BLOCK * pool->item;
}

/* Empties it and gives its bytes back to the budget. */
void rnn_pool_release(rnn_pool *pool, rnn_budget *budget);

#endif
