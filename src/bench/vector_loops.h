/* SPDX-License-Identifier: MIT
 *
 * vector_loops.h - the body of each table of loops: included by a file that has
 * defined TABLE, TABLE_NAME, LANES, vector, fill, load, add and multiply_add.
 *
 * A sum that waits for the one before it takes some four cycles, and two may begin
 * in each cycle: 12 sums side by side keep both units busy and fit into the
 * registers of all instruction sets.
 */
#include <stddef.h>
#include <string.h>

#include "bench/loop_tables.h"

#define SUMS  12
#define READS 8

_Static_assert(RNN_LOOPS_GRAIN % (READS * LANES) == 0, "a read is whole vectors");

static float add_up(const vector *sums, size_t count) {
    vector all = sums[0];
    float lanes[LANES], total = 0;
    for (size_t i = 1; i < count; i++)
        all = add(all, sums[i]);
    memcpy(lanes, &all, sizeof lanes);
    for (size_t i = 0; i < LANES; i++)
        total += lanes[i];
    return total;
}

/* The sums begin differently and all tend to 1: no two are the same calculation,
 * and none overflows or becomes denormal. */
static float multiply_adds(size_t turns) {
    const vector factor = fill(0.9999f), term = fill(0.0001f);
    vector sums[SUMS];
    for (size_t i = 0; i < SUMS; i++)
        sums[i] = fill((float)i);
    for (size_t turn = 0; turn < turns; turn++)
        for (size_t i = 0; i < SUMS; i++)
            sums[i] = multiply_add(sums[i], factor, term);
    return add_up(sums, SUMS);
}

static float reads(const float *from, size_t floats) {
    vector sums[READS];
    for (size_t i = 0; i < READS; i++)
        sums[i] = fill(0);
    for (const float *end = from + floats; from < end; from += READS * LANES)
        for (size_t i = 0; i < READS; i++)
            sums[i] = add(sums[i], load(from + i * LANES));
    return add_up(sums, READS);
}

const rnn_loops TABLE = {
    .name = TABLE_NAME,
    .flop = 2.0 * SUMS * LANES,
    .multiply_add = multiply_adds,
    .read = reads,
};
