/* SPDX-License-Identifier: MIT
 *
 * extent.c - see extent.h.
 */
#include "cli/extent.h"

#include "inference/trial.h"

#define AT(member) offsetof(extent, member)

/* clang-format off */
static const rnn_option table[] = {
    {"part", RNN_OPTION_CHOICE, AT(part), "all", 0, 0, 0, "all|none train val test", "PART", "Text",
     "the part of the text that is read, as a contiguous split cuts it. Where it is not given, "
     "'rnn neurons' and --baseline read val of the text that the model was trained on, --structure "
     "that of any text; all else reads all",
     (const rnn_option_alias[]){{"split", NULL}, {NULL, NULL}}},
    {"val-frac", RNN_OPTION_REAL, AT(val_frac), "", 0, 1, RNN_OPTION_BELOW, NULL, "F", "Text",
     "share of the validation part; where it is not given, as in the model's training", NULL},
    {"test-frac", RNN_OPTION_REAL, AT(test_frac), "", 0, 1, RNN_OPTION_BELOW, NULL, "F", "Text",
     "share of the test part, likewise", NULL},
    {"on-unknown", RNN_OPTION_CHOICE, AT(on_unknown), "error", 0, 0, 0, "error skip", "WHAT",
     "Text", "what to do about characters that the model does not know", NULL},
    {"include", RNN_OPTION_TEXT, AT(include), "", 0, 0, 0, NULL, "PATTERNS", "Text",
     "of directories and archives, read only files like '*.c,*.h'", NULL},
    {"exclude", RNN_OPTION_TEXT, AT(exclude), "", 0, 0, 0, NULL, "PATTERNS", "Text",
     "of directories and archives, leave out files like '*.o'", NULL},
};
/* clang-format on */

const rnn_option *extent_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

void extent_fill(rnn_evaluation *plan, const extent *how) {
    plan->skip_unknown = how->on_unknown == 1;
    plan->include = how->include;
    plan->exclude = how->exclude;
}

rnn_status extent_choose(rnn_evaluation *plan, const rnn_model *model, const arguments_part *given,
                         int held_out, rnn_error *error) {
    const extent *how = given->target;
    rnn_trial_wish wish = {.part = how->part,
                           .val_frac = how->val_frac,
                           .test_frac = how->test_frac,
                           .val_frac_given = arguments_given(given, "val-frac"),
                           .test_frac_given = arguments_given(given, "test-frac"),
                           .held_out = held_out && !arguments_given(given, "part")};
    return rnn_trial_choose(plan, model, &wish, error);
}
