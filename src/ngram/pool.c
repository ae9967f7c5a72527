/* SPDX-License-Identifier: MIT
 *
 * pool.c - see pool.h.
 */
#include "ngram/pool.h"

#include "base/memory.h"

/* What the budget pays for a block: its bytes and its place in the list, which
 * may be twice as long as it must be and is copied as it grows. */
static uint64_t block_bytes(const rnn_pool *pool) {
    return pool->item * RNN_POOL_BLOCK + 4 * sizeof(unsigned char *);
}

static int add_block(rnn_pool *pool, rnn_budget *budget) {
    uint64_t bytes = block_bytes(pool);
    if (bytes > budget->limit - budget->used)
        return 0;
    budget->out_of_memory = 1;
    if (!rnn_grow((void **)&pool->blocks, &pool->capacity, pool->block_count + 1,
                  sizeof *pool->blocks))
        return 0;
    unsigned char *block = rnn_allocate(RNN_POOL_BLOCK, pool->item);
    if (!block)
        return 0;
    budget->out_of_memory = 0;
    budget->used += bytes;
    pool->blocks[pool->block_count++] = block;
    return 1;
}

void *rnn_pool_push(rnn_pool *pool, rnn_budget *budget) {
    if (pool->count == UINT32_MAX)
        return NULL;
    if (pool->count == pool->block_count * RNN_POOL_BLOCK && !add_block(pool, budget))
        return NULL;
    return rnn_pool_at(pool, pool->count++);
}

void rnn_pool_release(rnn_pool *pool, rnn_budget *budget) {
    budget->used -= block_bytes(pool) * pool->block_count;
    for (size_t b = 0; b < pool->block_count; b++)
        rnn_free(pool->blocks[b]);
    rnn_free(pool->blocks);
    *pool = (rnn_pool){.item = pool->item};
}
