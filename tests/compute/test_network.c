/* SPDX-License-Identifier: MIT
 *
 * test_network.c - shapes that are possible, and where their parameters lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compute/network.h"

static void test_a_layout_by_hand(void **state) {
    (void)state;
    rnn_network network = {
        .cell = RNN_CELL_LSTM, .layers = 2, .hidden = 3, .embedding = 5, .symbols = 7, .bias = 1};
    assert_int_equal(rnn_network_lay_out(&network, NULL), RNN_OK);
    assert_int_equal(network.embedding_weight, 0);
    assert_int_equal(network.layer[0].weight_ih, 35);
    assert_int_equal(network.layer[0].weight_hh, 35 + 60);
    assert_int_equal(network.layer[0].bias_ih, 35 + 60 + 36);
    assert_int_equal(network.layer[0].bias_hh, 35 + 60 + 36 + 12);
    assert_int_equal(network.layer[1].weight_ih, 35 + 60 + 36 + 24);
    assert_int_equal(network.layer[1].weight_hh, 35 + 60 + 36 + 24 + 36);
    assert_int_equal(network.output_weight, 35 + 60 + 36 + 24 + 36 + 36 + 24);
    assert_int_equal(network.output_bias, network.output_weight + 21);
    assert_int_equal(network.parameters, network.output_bias + 7);
    assert_int_equal(rnn_network_gates(&network), 4);
    assert_int_equal(rnn_network_inputs(&network, 0), 5);
    assert_int_equal(rnn_network_inputs(&network, 1), 3);
    assert_int_equal(rnn_network_state(&network), 12);

    network = (rnn_network){.cell = RNN_CELL_GRU, .layers = 1, .hidden = 2, .symbols = 4};
    assert_int_equal(rnn_network_lay_out(&network, NULL), RNN_OK);
    assert_int_equal(rnn_network_gates(&network), 3);
    assert_int_equal(rnn_network_inputs(&network, 0), 4);
    assert_int_equal(rnn_network_state(&network), 2);
    assert_int_equal(network.parameters, 24 + 12 + 8 + 4);

    network = (rnn_network){
        .cell = RNN_CELL_TANH, .layers = 1, .hidden = 2, .embedding = 2, .symbols = 4, .tied = 1};
    assert_int_equal(rnn_network_lay_out(&network, NULL), RNN_OK);
    assert_int_equal(network.output_weight, network.embedding_weight);
    assert_int_equal(network.parameters, 8 + 4 + 4 + 4);
}

static void test_shapes_out_of_range(void **state) {
    (void)state;
    const rnn_network good = {.cell = RNN_CELL_LSTM,
                              .layers = 32,
                              .hidden = 64,
                              .embedding = 64,
                              .symbols = 65536,
                              .bias = 1,
                              .tied = 1};
    struct {
        rnn_network network;
        const char *says;
    } cases[16];
    size_t count = 0;
#define CASE(change, fragment)                                                                     \
    do {                                                                                           \
        rnn_network network = good;                                                                \
        change;                                                                                    \
        cases[count].network = network;                                                            \
        cases[count++].says = fragment;                                                            \
    } while (0)
    CASE(network.cell = (rnn_cell)3, "cell 3");
    CASE(network.layers = 0, "num_layers must be 1 to 32");
    CASE(network.layers = 33, "33 layers");
    CASE(network.hidden = 0, "hidden_size must be 1 to 65536");
    CASE(network.hidden = 65537, "65537");
    CASE(network.embedding = 65537, "embedding_size must be 0");
    CASE(network.ngrams = 17, "ngrams must be 1 (none) to 16");
    CASE(network.ngrams = 2; network.ngram_rows = 5, "ngram_size must be 1 to 1024");
    CASE(network.ngrams = 2; network.ngram_size = 5, "ngram_rows must be 1 to 16777216");
    CASE(network.symbols = 0, "1 to 65536");
    CASE(network.symbols = 65537, "65537 symbols");
    CASE(network.embedding = 63, "embedding_size is 63 and hidden_size 64");
    CASE(network.hidden = network.embedding = 65536, "parameters");
    rnn_network network = good;
    assert_int_equal(rnn_network_lay_out(&network, NULL), RNN_OK);
    for (size_t i = 0; i < count; i++) {
        rnn_error error = {0};
        assert_int_equal(rnn_network_lay_out(&cases[i].network, &error), RNN_ERR_RANGE);
        if (!strstr(error.message, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", error.message, cases[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_layout_by_hand),
        cmocka_unit_test(test_shapes_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
