/* SPDX-License-Identifier: MIT
 *
 * test_kernels_masks.c - what a training step leaves out, against the generator itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/compute/guarded.h"

#define MOST    100
#define KEY     0x0123456789ABCDEFu
#define COUNTER 0x02FEDCBA98765432u

/* The eight halves of a block as the header tells them, one after the other. */
static uint8_t expected_bits(uint64_t counter, uint32_t dropped) {
    uint32_t words[4];
    uint16_t halves[8];
    int bits = 0;
    rnn_random_block(KEY, counter, COUNTER, words);
    for (size_t j = 0; j < 4; j++) {
        halves[2 * j] = (uint16_t)words[j];
        halves[2 * j + 1] = (uint16_t)(words[j] >> 16);
    }
    for (int j = 7; j >= 0; j--)
        bits = 2 * bits + !(halves[j] < dropped);
    return (uint8_t)bits;
}

static void kept_are_the_generators(void **state) {
    (void)state;
    static const size_t counts[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 33, MOST};
    static const uint32_t shares[] = {0, 1, 6553, 32768, 39321, 65535, 65536};
    /* The last ones cross from one word of the counter into the other. */
    static const uint64_t firsts[] = {0, 5, 0xFFFFFFF5u, 0x8FFFFFFFFu};
    for (size_t c = 0; c < COUNT(counts); c++)
        for (size_t s = 0; s < COUNT(shares); s++)
            for (size_t f = 0; f < COUNT(firsts); f++)
                FOR_TABLES(k) {
                    uint8_t kept[MOST + 1];
                    memset(kept, 0xA5, sizeof kept);
                    k->choose_kept(KEY, COUNTER, firsts[f], counts[c], shares[s], kept);
                    for (size_t i = 0; i < counts[c]; i++)
                        assert_int_equal(kept[i], expected_bits(firsts[f] + i, shares[s]));
                    assert_int_equal(kept[counts[c]], 0xA5); /* nothing is written behind */
                }
}

/* What is left out is 0 even where it is no number, and nothing around is touched. */
static void thinned_is_scaled_or_zero(void **state) {
    (void)state;
    static const size_t counts[] = {0, 1, 3, 4, 5, 8, 9, 16, 17, 24, 100, 8 * MOST};
    const float scale = 1.25f, odd[] = {NAN, INFINITY, -INFINITY, -0.0f, 0x1p-140f, 3e38f};
    uint8_t kept[MOST];
    for (size_t i = 0; i < MOST; i++)
        kept[i] = expected_bits(i, 26214);
    for (size_t c = 0; c < COUNT(counts); c++) {
        size_t n = counts[c];
        guarded from = guarded_create(1, n, 0, 1.0, c);
        for (size_t j = 0; j < n; j += 3)
            from.data[j] = odd[j / 3 % COUNT(odd)];
        guarded expected = guarded_copy(&from);
        for (size_t j = 0; j < n; j++)
            expected.data[j] = kept[j / 8] & 1u << j % 8 ? from.data[j] * scale : 0.0f;
        FOR_TABLES(k) {
            guarded apart = guarded_create(1, n, 0, 1.0, 7), in_place = guarded_copy(&from);
            k->thin(n, kept, scale, from.data, apart.data);
            k->thin(n, kept, scale, in_place.data, in_place.data);
            assert_same_bits(&apart, &expected);
            assert_same_bits(&in_place, &expected);
            guarded_destroy(&apart);
            guarded_destroy(&in_place);
        }
        guarded_destroy(&from);
        guarded_destroy(&expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_are_the_generators),
        cmocka_unit_test(thinned_is_scaled_or_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
