/* SPDX-License-Identifier: MIT
 *
 * test_batches.c - which symbols are read, in what order, and which never.
 *
 * The texts hold no character twice within a period, so a symbol tells its place.
 */
#include "base/memory.h"
#include "tests/text/made_files.h"
#include "text/batches.h"

/* Symbol i of the text is i % PERIOD. */
#define PERIOD 5000u

static rnn_symbols *make_symbols(uint32_t count) {
    char *text = malloc(4 * (size_t)count + 1);
    size_t bytes = 0;
    assert_non_null(text);
    for (uint32_t i = 0; i < count; i++)
        bytes += rnn_utf8_encode(0x4E00 + i % PERIOD, text + bytes);
    const char *input = made_file("text", text, bytes);
    free(text);
    rnn_corpus *corpus;
    rnn_symbols *symbols;
    rnn_vocabulary *vocabulary;
    assert_int_equal(rnn_corpus_open(&corpus, &input, 1, NULL, NULL), RNN_OK);
    assert_int_equal(rnn_symbols_prepare(&symbols, &vocabulary, corpus, RNN_UNITS_AUTO, 0, 0, NULL,
                                         made.path, NULL),
                     RNN_OK);
    rnn_vocabulary_destroy(vocabulary);
    rnn_corpus_close(corpus);
    assert_int_equal(rnn_symbols_count(symbols), count);
    return symbols;
}

static rnn_parts parts_of(const rnn_symbols *symbols, rnn_split split, double val, double test,
                          size_t streams) {
    return (rnn_parts){split, {0, rnn_symbols_count(symbols)}, val, test, streams};
}

/* The parts of each stream touch, in order; all lie in the text and none overlap. */
static void check_parts(const rnn_parts *parts) {
    uint64_t end = parts->whole.begin, counts[RNN_PART_TEST + 1] = {0};
    const size_t streams = rnn_parts_streams(parts);
    assert_true(streams >= 1);
    for (size_t i = 0; i < streams; i++) {
        for (int part = RNN_PART_TRAIN; part <= RNN_PART_TEST; part++) {
            rnn_span span = rnn_parts_span(parts, (rnn_part)part, i);
            assert_int_equal(span.begin, end);
            assert_true(span.end >= span.begin);
            assert_int_not_equal(span.end - span.begin, part == RNN_PART_TRAIN ? 0 : 1);
            counts[part] += span.end - span.begin;
            end = span.end;
        }
    }
    assert_true(end <= parts->whole.end && parts->whole.end - end < streams);
    for (int part = RNN_PART_TRAIN; part <= RNN_PART_TEST; part++)
        assert_int_equal(rnn_parts_count(parts, (rnn_part)part), counts[part]);
    rnn_span beyond = rnn_parts_span(parts, RNN_PART_TRAIN, streams);
    assert_int_equal(beyond.begin, beyond.end);
}

static void parts_divide_the_text(void **state) {
    (void)state;
    for (uint64_t count = 2; count < 300; count++) {
        for (size_t streams = 1; streams < 9; streams += 3) {
            const rnn_parts two = {RNN_SPLIT_STREAMS, {7, 7 + count}, 0.1, 0.05, streams};
            const rnn_parts one = {RNN_SPLIT_CONTIGUOUS, {7, 7 + count}, 0.1, 0.2, streams};
            check_parts(&one);
            check_parts(&two);
        }
    }
}

static void fractions_cut_where_others_cut(void **state) {
    (void)state;
    /* nanoGPT's cut of tiny Shakespeare, and 80/10/10. */
    const rnn_parts tiny = {RNN_SPLIT_CONTIGUOUS, {0, 1115394}, 0.1, 0, 1};
    assert_int_equal(rnn_parts_count(&tiny, RNN_PART_TRAIN), 1003854);
    assert_int_equal(rnn_parts_count(&tiny, RNN_PART_VAL), 111540);
    assert_int_equal(rnn_parts_count(&tiny, RNN_PART_TEST), 0);
    const rnn_parts tenths = {RNN_SPLIT_CONTIGUOUS, {0, 100}, 0.1, 0.1, 1};
    assert_int_equal(rnn_parts_span(&tenths, RNN_PART_VAL, 0).begin, 80);
    assert_int_equal(rnn_parts_span(&tenths, RNN_PART_TEST, 0).begin, 90);
    const rnn_parts tails = {RNN_SPLIT_STREAMS, {0, 1003}, 0.05, 0, 10};
    assert_int_equal(rnn_parts_span(&tails, RNN_PART_TRAIN, 3).begin, 300);
    assert_int_equal(rnn_parts_span(&tails, RNN_PART_VAL, 3).begin, 395);
    assert_int_equal(rnn_parts_span(&tails, RNN_PART_VAL, 3).end, 400);
    assert_int_equal(rnn_parts_count(&tails, RNN_PART_TRAIN), 950);
}

static void short_texts_are_for_training(void **state) {
    (void)state;
    for (uint64_t count = 2; count < 20; count++) {
        const rnn_parts parts = {RNN_SPLIT_CONTIGUOUS, {0, count}, 0.05, 0, 1};
        assert_int_equal(rnn_parts_count(&parts, RNN_PART_TRAIN), count);
    }
    /* One symbol for each: the test's goes to the validation. */
    const rnn_parts both = {RNN_SPLIT_CONTIGUOUS, {0, 11}, 0.05, 0.05, 1};
    assert_int_equal(rnn_parts_count(&both, RNN_PART_TRAIN), 9);
    assert_int_equal(rnn_parts_count(&both, RNN_PART_VAL), 2);
    assert_int_equal(rnn_parts_count(&both, RNN_PART_TEST), 0);
    const rnn_parts all_val = {RNN_SPLIT_CONTIGUOUS, {0, 3}, 0.9, 0, 1};
    assert_int_equal(rnn_parts_count(&all_val, RNN_PART_TRAIN), 3);
}

/* Reads two epochs and a step more, and holds all that was promised against them. */
static void check_batches(const rnn_symbols *symbols, const rnn_parts *parts, size_t batch,
                          size_t length) {
    rnn_batches batches;
    rnn_error error;
    const size_t wished_batch = batch, wished_length = length;
    if (rnn_batches_plan(&batches, symbols, parts, &batch, &length, 11, &error) != RNN_OK)
        fail_msg("%s", error.message);
    assert_true(batch >= 1 && batch <= wished_batch);
    assert_true(length >= 1 && length <= wished_length);
    assert_true(batches.steps_an_epoch >= 1);
    assert_int_equal(batches.batch, batch);
    assert_int_equal(batches.length, length);
    int32_t *inputs = malloc(batch * length * sizeof *inputs);
    int32_t *targets = malloc(batch * length * sizeof *targets);
    /* Where each stream is to go on. */
    uint64_t *at = calloc(batch, sizeof *at);
    unsigned char *seen = malloc((size_t)parts->whole.end + 1);
    assert_non_null(inputs);
    assert_non_null(targets);
    assert_non_null(at);
    assert_non_null(seen);
    for (uint64_t step = 0; step < 2 * batches.steps_an_epoch + 1; step++) {
        int first = -1;
        rnn_batches_get(&batches, step, 0, 1, inputs, targets, &first);
        assert_int_equal(first, step % batches.steps_an_epoch == 0);
        if (first)
            memset(seen, 0, (size_t)parts->whole.end + 1);
        for (size_t i = 0; i < batch; i++) {
            const size_t stream = parts->split == RNN_SPLIT_STREAMS ? i : 0;
            const rnn_span train = rnn_parts_span(parts, RNN_PART_TRAIN, stream);
            if (first) {
                /* A place that is this symbol's, not before the stream's beginning. */
                uint64_t begin = batches.begin + i * batches.stream;
                at[i] = begin + (PERIOD + (uint64_t)inputs[i] - begin % PERIOD) % PERIOD;
                assert_true(at[i] - begin <= batches.slack);
                if (step == 0)
                    assert_int_equal(at[i], begin);
            }
            for (size_t t = 0; t < length; t++, at[i]++) {
                assert_int_equal(inputs[t * batch + i], at[i] % PERIOD);
                assert_int_equal(targets[t * batch + i], (at[i] + 1) % PERIOD);
                assert_true(at[i] >= train.begin && at[i] + 1 < train.end);
                assert_int_equal(seen[at[i]]++, 0); /* no input twice in an epoch */
            }
        }
    }
    free(seen);
    free(at);
    free(targets);
    free(inputs);
}

static void streams_are_read_in_order_and_stay_in_training(void **state) {
    (void)state;
    static const uint32_t counts[] = {2, 3, 4, 5, 10, 11, 17, 64, 100, 101, 999, 4000, 12007};
    static const size_t shapes[][2] = {{1, 1}, {1, 50}, {50, 1}, {7, 5}, {50, 50}, {100, 100}};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        rnn_symbols *symbols = make_symbols(counts[c]);
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
            const size_t batch = shapes[s][0], length = shapes[s][1];
            rnn_parts parts = parts_of(symbols, RNN_SPLIT_CONTIGUOUS, 0.05, 0, 1);
            check_batches(symbols, &parts, batch, length);
            parts = parts_of(symbols, RNN_SPLIT_CONTIGUOUS, 0.1, 0.1, 1);
            check_batches(symbols, &parts, batch, length);
            parts = parts_of(symbols, RNN_SPLIT_STREAMS, 0.05, 0.1, batch);
            check_batches(symbols, &parts, batch, length);
        }
        rnn_symbols_destroy(symbols);
    }
}

/* All that is read in an epoch without passages is read once with them, each passage without a
 * break, and in another order each epoch. */
static void check_passages(const rnn_symbols *symbols, const rnn_parts *parts, size_t batch,
                           size_t length, uint64_t passage) {
    rnn_batches plain, batches;
    assert_int_equal(rnn_batches_plan(&plain, symbols, parts, &batch, &length, 11, NULL), RNN_OK);
    batches = plain;
    batches.passage = passage;
    size_t count = batch * length, of_epoch = (size_t)plain.steps_an_epoch;
    int32_t *inputs = malloc(count * sizeof *inputs), *targets = malloc(count * sizeof *targets);
    int32_t *last = calloc(batch, sizeof *last);
    int *left = calloc(PERIOD, sizeof *left), *begins[2];
    begins[0] = calloc(of_epoch * batch, sizeof **begins);
    begins[1] = calloc(of_epoch * batch, sizeof **begins);
    uint64_t whole = of_epoch / passage * passage;
    for (uint64_t step = 0; step < 2 * of_epoch; step++) {
        int first, ignored;
        uint64_t chunk = step % of_epoch;
        rnn_batches_get(&plain, step, 0, 1, inputs, targets, &ignored);
        for (size_t i = 0; i < count; i++)
            left[inputs[i]]++;
        rnn_batches_get(&batches, step, 0, 1, inputs, targets, &first);
        assert_int_equal(first, chunk == 0);
        size_t breaks = 0;
        for (size_t i = 0; i < batch; i++) {
            uint64_t turned = whole > 0 ? (chunk + i * passage / batch) % whole : 0;
            int goes_on = chunk > whole || (chunk < whole && turned % passage != 0);
            if (chunk > 0 && goes_on)
                assert_int_equal(inputs[i], last[i]);
            breaks += chunk < whole && turned % passage == 0;
            begins[step / of_epoch][chunk * batch + i] = inputs[i];
            for (size_t t = 0; t < length; t++) {
                left[inputs[t * batch + i]]--;
                assert_int_equal(targets[t * batch + i],
                                 (uint32_t)(inputs[t * batch + i] + 1) % PERIOD);
                last[i] = targets[t * batch + i];
            }
        }
        /* Never many at once. */
        assert_true(breaks <= (batch + passage - 1) / passage);
        for (size_t i = 0; chunk == of_epoch - 1 && i < PERIOD; i++)
            assert_int_equal(left[i], 0);
    }
    size_t same = 0, jumps = 0;
    for (size_t i = 0; i < whole * batch; i++) {
        same += begins[0][i] == begins[1][i];
        jumps += begins[0][i] != (int)((i % batch * plain.stream + i / batch * length) % PERIOD);
    }
    if (whole / passage * batch > 20) {
        assert_true(same < whole * batch / 4);
        assert_true(jumps > whole * batch / 2);
    }
    free(begins[1]);
    free(begins[0]);
    free(left);
    free(last);
    free(targets);
    free(inputs);
}

static void passages_are_read_in_a_random_order(void **state) {
    (void)state;
    static const uint32_t counts[] = {2, 11, 101, 999, 4000, 12007};
    static const size_t shapes[][2] = {{1, 1}, {1, 50}, {7, 5}, {50, 50}, {32, 10}};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        rnn_symbols *symbols = make_symbols(counts[c]);
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
            for (uint64_t passage = 1; passage < 40; passage = 2 * passage + 1) {
                rnn_parts parts = parts_of(symbols, RNN_SPLIT_CONTIGUOUS, 0.1, 0.1, 1);
                check_passages(symbols, &parts, shapes[s][0], shapes[s][1], passage);
                parts = parts_of(symbols, RNN_SPLIT_STREAMS, 0.05, 0.1, shapes[s][0]);
                check_passages(symbols, &parts, shapes[s][0], shapes[s][1], passage);
            }
        rnn_symbols_destroy(symbols);
    }
}

static void shapes_shrink_only_as_needed(void **state) {
    (void)state;
    static const struct {
        uint32_t symbols;
        size_t batch, length, batch_left, length_left;
    } cases[] = {
        {2501, 50, 50, 50, 50}, {2500, 50, 50, 50, 49}, {401, 50, 50, 50, 8}, {400, 50, 50, 49, 8},
        {100, 50, 50, 12, 8},   {9, 50, 50, 1, 8},      {8, 50, 50, 1, 7},    {3, 50, 50, 1, 2},
        {2, 50, 50, 1, 1},      {100, 50, 1, 50, 1},    {40, 50, 1, 39, 1},   {100, 1, 500, 1, 99},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rnn_symbols *symbols = make_symbols(cases[i].symbols);
        const rnn_parts parts = parts_of(symbols, RNN_SPLIT_CONTIGUOUS, 0, 0, 1);
        size_t batch = cases[i].batch, length = cases[i].length;
        rnn_batches batches;
        assert_int_equal(rnn_batches_plan(&batches, symbols, &parts, &batch, &length, 1, NULL),
                         RNN_OK);
        assert_int_equal(batch, cases[i].batch_left);
        assert_int_equal(length, cases[i].length_left);
        rnn_symbols_destroy(symbols);
    }
}

static void ranks_share_a_batch(void **state) {
    (void)state;
    enum { BATCH = 12, LENGTH = 10 };
    rnn_symbols *symbols = make_symbols(4000);
    const rnn_parts parts = parts_of(symbols, RNN_SPLIT_CONTIGUOUS, 0.05, 0, 1);
    size_t batch = BATCH, length = LENGTH;
    rnn_batches batches;
    assert_int_equal(rnn_batches_plan(&batches, symbols, &parts, &batch, &length, 5, NULL), RNN_OK);
    int32_t inputs[LENGTH * BATCH], targets[LENGTH * BATCH];
    int32_t share_inputs[LENGTH * BATCH], share_targets[LENGTH * BATCH];
    static const int counts[] = {1, 2, 3, 4, 6, 12};
    for (size_t c = 0; c < 6; c++) {
        const int ranks = counts[c], share = BATCH / ranks;
        for (uint64_t step = 0; step < 100; step += 33) {
            int first, share_first;
            rnn_batches_get(&batches, step, 0, 1, inputs, targets, &first);
            for (int rank = 0; rank < ranks; rank++) {
                rnn_batches_get(&batches, step, rank, ranks, share_inputs, share_targets,
                                &share_first);
                assert_int_equal(share_first, first);
                for (int t = 0; t < LENGTH; t++) {
                    for (int i = 0; i < share; i++) {
                        const int whole = t * BATCH + rank * share + i;
                        assert_int_equal(share_inputs[t * share + i], inputs[whole]);
                        assert_int_equal(share_targets[t * share + i], targets[whole]);
                    }
                }
            }
        }
    }
    rnn_symbols_destroy(symbols);
}

static void offsets_come_from_the_seed(void **state) {
    (void)state;
    rnn_symbols *symbols = make_symbols(4000);
    const rnn_parts parts = parts_of(symbols, RNN_SPLIT_CONTIGUOUS, 0, 0, 1);
    int32_t offsets[2][40], inputs[64 * 3], targets[64 * 3];
    for (uint64_t seed = 0; seed < 2; seed++) {
        size_t batch = 3, length = 64;
        int first;
        rnn_batches batches;
        assert_int_equal(rnn_batches_plan(&batches, symbols, &parts, &batch, &length, seed, NULL),
                         RNN_OK);
        assert_true(batches.slack > 40);
        for (uint64_t epoch = 40; epoch-- > 0;) { /* backwards: there is no position */
            rnn_batches_get(&batches, epoch * batches.steps_an_epoch, 0, 1, inputs, targets,
                            &first);
            offsets[seed][epoch] = inputs[0];
        }
        assert_int_equal(offsets[seed][0], 0);
    }
    int differ = 0, vary = 0;
    for (int epoch = 1; epoch < 40; epoch++) {
        differ += offsets[0][epoch] != offsets[1][epoch];
        vary += offsets[0][epoch] != offsets[0][epoch - 1];
    }
    assert_true(differ > 30 && vary > 30);
    rnn_symbols_destroy(symbols);
}

static void one_symbol_cannot_be_trained_on(void **state) {
    (void)state;
    rnn_symbols *symbols = make_symbols(2);
    const rnn_parts one = {RNN_SPLIT_CONTIGUOUS, {0, 1}, 0, 0, 1};
    const rnn_parts tails = {RNN_SPLIT_STREAMS, {1, 2}, 0.5, 0, 50};
    const rnn_parts none = {RNN_SPLIT_CONTIGUOUS, {0, 0}, 0.5, 0, 1};
    const rnn_parts *const parts[] = {&one, &tails, &none};
    for (size_t i = 0; i < 3; i++) {
        rnn_batches batches;
        rnn_error error;
        size_t batch = 50, length = 50;
        assert_int_equal(rnn_batches_plan(&batches, symbols, parts[i], &batch, &length, 1, &error),
                         RNN_ERR_RANGE);
        assert_non_null(strstr(error.message, "at least 2 are needed"));
    }
    const rnn_parts both = {RNN_SPLIT_CONTIGUOUS, {0, 2}, 0, 0, 1};
    rnn_batches batches;
    size_t batch = 0, length = 50;
    assert_int_equal(rnn_batches_plan(&batches, symbols, &both, &batch, &length, 1, NULL),
                     RNN_ERR_RANGE);
    rnn_symbols_destroy(symbols);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_divide_the_text),
        cmocka_unit_test(fractions_cut_where_others_cut),
        cmocka_unit_test(short_texts_are_for_training),
        cmocka_unit_test(streams_are_read_in_order_and_stay_in_training),
        cmocka_unit_test(passages_are_read_in_a_random_order),
        cmocka_unit_test(shapes_shrink_only_as_needed),
        cmocka_unit_test(ranks_share_a_batch),
        cmocka_unit_test(offsets_come_from_the_seed),
        cmocka_unit_test(one_symbol_cannot_be_trained_on),
    };
    return cmocka_run_group_tests(tests, made_begin, made_end);
}
