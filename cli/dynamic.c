/* SPDX-License-Identifier: MIT
 *
 * dynamic.c - see dynamic.h.
 */
#include "cli/dynamic.h"

#include <math.h>

#include "cli/figures.h"
#include "cli/manners.h"

#define AT(member) offsetof(dynamic_options, member)
#define GROUP      "Dynamic evaluation"

/* clang-format off */
static const rnn_option table[] = {
    {"dynamic", RNN_OPTION_FLAG, AT(on), "0", 0, 0, 0, NULL, NULL, GROUP,
     "score once more with weights that follow the text: each segment is scored, then learnt from", NULL},
    {"segment", RNN_OPTION_INT, AT(segment), "20", 1, 16384, 0, NULL, "N", GROUP,
     "characters that are scored between two moves of the weights", NULL},
    {"dynamic-rate", RNN_OPTION_REAL, AT(rate), "", 0, HUGE_VAL, 0, NULL, "X", GROUP,
     "how far weights move; where it is not given, chosen on the validation part for the test part, and on "
     "the end of the training part for the validation part", NULL},
    {"dynamic-decay", RNN_OPTION_REAL, AT(decay), "", 0, HUGE_VAL, 0, NULL, "X", GROUP,
     "share of the way back to the model's own weights after each segment, likewise", NULL},
};
/* clang-format on */

const rnn_option *dynamic_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

rnn_dynamics dynamic_settings(const arguments_part *given) {
    const dynamic_options *options = given->target;
    return (rnn_dynamics){
        .segment = options->segment,
        .rate = arguments_given(given, "dynamic-rate") ? options->rate : -1,
        .decay = arguments_given(given, "dynamic-decay") ? options->decay : -1,
    };
}

void dynamic_tell(void *context, double rate, double decay, double nats) {
    if (isfinite(nats))
        manners_notice(context, "rate %g, decay %g: %.4f", rate, decay, nats);
    else
        manners_notice(context, "rate %g, decay %g: the weights diverge", rate, decay);
}

static const char *part_name(const rnn_dynamics_source *source) {
    static const char *const names[] = {"scored", "training", "validation", "test"};
    return names[source->part];
}

static double speed(const rnn_dynamics_result *result) {
    return result->seconds > 0 ? (double)result->score.characters / result->seconds : 0;
}

void dynamic_print(FILE *file, const rnn_dynamics_result *result) {
    const rnn_score *score = &result->score;
    const rnn_dynamics_source *chosen = &result->chosen, *gathered = &result->gathered;
    double gain = score->nats_per_character - result->fixed.score.nats_per_character;
    fprintf(file, "\ndynamic     %.4f nats per character (%+.4f), weights following the text\n",
            score->nats_per_character, gain);
    fprintf(file, "bits        %.4f per character\n", figures_bits(score->nats_per_character));
    fprintf(file, "accuracy    %.2f%%\n", 100 * score->accuracy);
    fprintf(file, "moves       rate %g, decay %g, after every %d characters\n", result->rate,
            result->decay, result->segment);
    if (chosen->characters > 0)
        fprintf(file, "chosen on   %s characters at the %s of the %s text\n",
                figures_count(chosen->characters).text,
                chosen->part == RNN_PART_VAL ? "beginning" : "end", part_name(chosen));
    else
        fputs("chosen on   no text: as given, or the defaults\n", file);
    fprintf(file, "gradients   of %s characters %s\n", figures_count(gathered->characters).text,
            gathered->part == RNN_PART_TRAIN
                ? "all over the training text say how much each weight moves"
                : "at the beginning say how much each weight moves from there on");
    fprintf(file, "time        %s, %s characters a second, after %s of preparation\n",
            figures_seconds(result->seconds).text, figures_rate(speed(result)).text,
            figures_seconds(result->preparing_seconds).text);
}

static json_t *describe_source(const rnn_dynamics_source *source) {
    return json_pack("{s:s, s:I}", "part", part_name(source), "characters",
                     (json_int_t)source->characters);
}

json_t *dynamic_describe(const rnn_dynamics_result *result) {
    const rnn_score *score = &result->score;
    json_t *object =
        json_pack("{s:I, s:f, s:f, s:f, s:i, s:f, s:f, s:o, s:f, s:f}", "characters",
                  (json_int_t)score->characters, "nats_per_character", score->nats_per_character,
                  "bits_per_character", figures_bits(score->nats_per_character), "accuracy",
                  score->accuracy, "segment", result->segment, "rate", result->rate, "decay",
                  result->decay, "gradients_of", describe_source(&result->gathered), "seconds",
                  result->seconds, "preparing_seconds", result->preparing_seconds);
    /* What was not chosen was given, or is the default. */
    if (object)
        json_object_set_new(object, "chosen_on",
                            result->chosen.characters > 0 ? describe_source(&result->chosen)
                                                          : json_null());
    return object;
}
