/* SPDX-License-Identifier: MIT
 *
 * computing.c - see computing.h.
 */
#include "cli/computing.h"

#define AT(member) offsetof(computing, member)

/* clang-format off */
static const rnn_option table[] = {
    {"threads", RNN_OPTION_INT, AT(threads), "0", 0, 1024, 0, NULL, "N", "Run",
     "threads; 0 takes OMP_NUM_THREADS, else every core", NULL},
    {"cpu", RNN_OPTION_TEXT, AT(cpu), "auto", 0, 0, 0, NULL, "LEVEL", "Run",
     "avx512bf16, avx512, avx2, neon or generic, plain C; auto takes RNN_CPU, else the best", NULL},
    {"precision", RNN_OPTION_CHOICE, AT(precision), "auto", 0, 0, 0, "auto float32 bf16 int8", "KIND",
     "Run", "of what is multiplied: fewer bits are faster and cost a little of the loss; auto is float32", NULL},
    {"device", RNN_OPTION_TEXT, AT(device), "auto", 0, 0, 0, NULL, "NAME", "Run",
     "where to compute, like cpu", NULL},
};
/* clang-format on */

const rnn_option *computing_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}
