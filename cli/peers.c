/* SPDX-License-Identifier: MIT
 *
 * peers.c - see peers.h.
 */
#include "cli/peers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/manners.h"

#define AT(member) offsetof(peers, member)
#define HIDDEN     RNN_OPTION_HIDDEN
#define GROUP      "Peers"
#define OTHER(name)                                                                                \
    (const rnn_option_alias[]) {                                                                   \
        {name, NULL}, {                                                                            \
            NULL, NULL                                                                             \
        }                                                                                          \
    }

/* The three tables share rows, so each command takes a stretch of one table:
 * train's own, then those of all, then eval's and sample's. */
/* clang-format off */
static const rnn_option table[] = {
    {"data-dir", RNN_OPTION_TEXT, AT(data_dir), "", 0, 0, HIDDEN, NULL, "DIR", GROUP, "", NULL},
    {"train-frac", RNN_OPTION_REAL, AT(train_frac), "0", 0, 1, HIDDEN, NULL, "F", GROUP, "", NULL},
    {"batchnorm", RNN_OPTION_INT, AT(batchnorm), "0", 0, 1, HIDDEN, NULL, "N", GROUP, "", NULL},
    {"reset-iterations", RNN_OPTION_INT, AT(reset_iterations), "1", 0, 1, HIDDEN, NULL, "N", GROUP,
     "", NULL},
    {"input-h5", RNN_OPTION_TEXT, AT(input_h5), "", 0, 0, HIDDEN, NULL, "FILE", GROUP, "", NULL},
    {"input-json", RNN_OPTION_TEXT, AT(input_json), "", 0, 0, HIDDEN, NULL, "FILE", GROUP, "",
     NULL},
    {"gpu", RNN_OPTION_INT, AT(gpu), "-1", -HUGE_VAL, HUGE_VAL, HIDDEN, NULL, "N", GROUP, "",
     OTHER("gpuid")},
    {"gpu-backend", RNN_OPTION_TEXT, AT(gpu_backend), "", 0, 0, HIDDEN, NULL, "NAME", GROUP, "",
     NULL},
    {"opencl", RNN_OPTION_INT, AT(opencl), "0", 0, 1, HIDDEN, NULL, "N", GROUP, "", NULL},
    {"checkpoint", RNN_OPTION_TEXT, AT(checkpoint), "", 0, 0, HIDDEN, NULL, "MODEL", GROUP, "",
     NULL},
    {"sample", RNN_OPTION_INT, AT(sample), "1", 0, 1, HIDDEN, NULL, "N", GROUP, "", NULL},
};
/* clang-format on */

enum { TRAIN_FROM = 0, EVAL_FROM = 4, SAMPLE_FROM = 6, TRAIN_TO = 9, EVAL_TO = 10, SAMPLE_TO = 11 };

const rnn_option *peers_train_table(size_t *count) {
    *count = TRAIN_TO - TRAIN_FROM;
    return table + TRAIN_FROM;
}

const rnn_option *peers_sample_table(size_t *count) {
    *count = SAMPLE_TO - SAMPLE_FROM;
    return table + SAMPLE_FROM;
}

const rnn_option *peers_eval_table(size_t *count) {
    *count = EVAL_TO - EVAL_FROM;
    return table + EVAL_FROM;
}

rnn_status peers_heed(const arguments_part *part, const command *self, int quiet,
                      rnn_error *error) {
    const peers *how = part->target;
    if (arguments_given(part, "input-h5"))
        return rnn_fail(error, RNN_ERR_RANGE,
                        "there is no preprocessing: instead of -input_h5 %.200s give the text "
                        "itself",
                        how->input_h5);
    if (how->batchnorm)
        return rnn_fail(error, RNN_ERR_RANGE,
                        "batch normalization is not offered: leave out "
                        "-batchnorm 1");
    if (quiet)
        return RNN_OK;
    if (arguments_given(part, "gpu") || arguments_given(part, "gpu-backend") ||
        arguments_given(part, "opencl"))
        manners_notice(self, "-gpuid and its like are passed over: --device says where to compute");
    if (arguments_given(part, "input-json"))
        manners_notice(self, "-input_json is passed over: a model holds its vocabulary");
    if (arguments_given(part, "reset-iterations"))
        manners_notice(self, "-reset_iterations is passed over: --init-from begins at step 0, "
                             "--resume goes on");
    return RNN_OK;
}

char *peers_input(const peers *from) {
    size_t room = strlen(from->data_dir) + sizeof "/input.txt";
    char *path = malloc(room);
    if (!path)
        return NULL;
    snprintf(path, room, "%s/input.txt", from->data_dir);
    if (access(path, F_OK) != 0)
        snprintf(path, room, "%s", from->data_dir);
    return path;
}
