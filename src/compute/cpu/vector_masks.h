/* SPDX-License-Identifier: MIT
 *
 * vector_masks.h - what a training step leaves out. Part of vector_kernels.h.
 *
 * Random numbers come from LANES blocks of the counter-based generator at once (Philox4x32-10,
 * base/random.h): each of a block's four words is a vector, with a lane for each block.
 */

#define UPPER 0xFFFFFFFF00000000u /* half of a long */

/* Words whose even ones are the lower halves of `even`, the odd ones those of `odd`. */
INLINE words lower_halves(longs even, longs odd) {
    return (words)((even & ~UPPER) | odd << 32);
}

INLINE words upper_halves(longs even, longs odd) {
    return (words)(even >> 32 | (odd & UPPER));
}

INLINE words all_words(uint32_t x) {
    return (words){0} + x;
}

/* Both halves of each word's product with the multiplier. */
INLINE void multiply_words(words x, uint32_t multiplier, words *low, words *high) {
    longs even = long_products(x, all_words(multiplier));
    longs odd = long_products((words)((longs)x >> 32), all_words(multiplier));
    *low = lower_halves(even, odd);
    *high = upper_halves(even, odd);
}

/* The blocks of counters first, first + 1, ... */
INLINE void random_blocks(uint64_t key, uint64_t counter_high, uint64_t first, words out[4]) {
    static const uint32_t multiplier[2] = RNN_RANDOM_MULTIPLIERS;
    static const uint32_t increment[2] = RNN_RANDOM_INCREMENTS;
    longs even = {0};
    for (size_t i = 0; i < LANES / 2; i++)
        even[i] = first + 2 * i;
    words c[4] = {lower_halves(even, even + 1), upper_halves(even, even + 1),
                  all_words((uint32_t)counter_high), all_words((uint32_t)(counter_high >> 32))};
    uint32_t k[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
    UNROLL
    for (int round = 0; round < RNN_RANDOM_ROUNDS; round++) {
        words low[2], high[2];
        multiply_words(c[0], multiplier[0], &low[0], &high[0]);
        multiply_words(c[2], multiplier[1], &low[1], &high[1]);
        c[0] = high[1] ^ c[1] ^ k[0];
        c[1] = low[1];
        c[2] = high[0] ^ c[3] ^ k[1];
        c[3] = low[0];
        k[0] += increment[0];
        k[1] += increment[1];
    }
    memcpy(out, c, sizeof c);
}

/* A lane for each block: its byte of bits. */
INLINE words kept_of(const words block[4], uint32_t dropped) {
    words bits = {0};
    UNROLL
    for (size_t j = 0; j < 8; j++) {
        /* No half is above 2^16: signed numbers compare alike, and faster. */
        integers half = (integers)(j % 2 ? block[j / 2] >> 16 : block[j / 2] & 0xFFFFu);
        bits |= (words)(half >= (int32_t)dropped) & (uint32_t)1 << j;
    }
    return bits;
}

static void choose_kept(uint64_t key, uint64_t counter_high, uint64_t first, size_t blocks,
                        uint32_t dropped, uint8_t *kept) {
    for (size_t i = 0; i < blocks; i += LANES) {
        words block[4];
        uint32_t bits[LANES];
        random_blocks(key, counter_high, first + i, block);
        words all = kept_of(block, dropped);
        memcpy(bits, &all, sizeof bits);
        for (size_t lane = 0; lane < smaller(blocks - i, LANES); lane++)
            kept[i + lane] = (uint8_t)bits[lane];
    }
}

/* All ones in lanes whose bit is 1. */
INLINE words kept_lanes(uint32_t bits) {
    words bit;
    for (size_t i = 0; i < LANES; i++)
        bit[i] = (uint32_t)1 << i;
    return (words)((all_words(bits) & bit) != 0);
}

static void thin(size_t n, const uint8_t *kept, float scale, const float *from, float *to) {
    FOR_LANES(j, 0, n, count, {
        uint32_t bits = (uint32_t)kept[j / 8] >> j % 8;
        if (count > 8)
            bits |= (uint32_t)kept[j / 8 + 1] << 8;
        vector scaled = load_lanes(from + j, count) * fill(scale);
        store_lanes(to + j, (vector)((words)scaled & kept_lanes(bits)), count);
    });
}
