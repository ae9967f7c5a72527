/* SPDX-License-Identifier: MIT
 *
 * verdict.c - see verdict.h.
 */
#include "cli/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "training/planner.h"

verdict_losses verdict_unknown(void) {
    return (verdict_losses){.training = NAN,
                            .validation = NAN,
                            .latest = NAN,
                            .fall = NAN,
                            .scored = NAN,
                            .baseline = NAN};
}

/* -------------------------------------------------------------------- rules */

static double least_fall(const verdict_losses *of) {
    return of->validation * (of->ending ? VERDICT_ENDING : VERDICT_FALL);
}

static int has_turned(const verdict_losses *of) {
    return of->latest - of->validation >= VERDICT_RISE * of->validation;
}

/* Comparisons with NAN are false: what is not known decides nothing. */
verdict verdict_of(const verdict_losses *of) {
    double gap = of->validation - of->training;
    if (!isfinite(gap))
        return VERDICT_UNKNOWN;
    if (has_turned(of))
        return VERDICT_OVER_FITS;
    if (!isfinite(of->fall))
        return VERDICT_UNKNOWN;
    if (of->fall >= least_fall(of))
        return VERDICT_MORE_TIME;
    if (gap >= VERDICT_GAP * of->validation)
        return VERDICT_OVER_FITS;
    if (of->comparable && of->scored >= of->baseline)
        return VERDICT_UNDER_FITS;
    return gap < VERDICT_CLOSE * of->validation ? VERDICT_UNDER_FITS : VERDICT_FITS;
}

const char *verdict_name(verdict of) {
    static const char *const names[] = {"unknown", "over-fits", "more-time", "under-fits", "fits"};
    return names[of];
}

/* -------------------------------------------------------------------- words */

typedef struct sentences {
    char *out;
    size_t room, used;
} sentences;

static void say(sentences *to, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));

static void say(sentences *to, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (to->used < to->room) {
        int wrote = vsnprintf(to->out + to->used, to->room - to->used, format, arguments);
        to->used += wrote > 0 ? (size_t)wrote : 0;
    }
    va_end(arguments);
}

/* "an 8-gram", "a 12-gram". */
static const char *article(int order) {
    return order == 8 || order == 11 || order == 18 ? "an" : "a";
}

static void say_beside(sentences *to, const verdict_losses *of) {
    double less = of->baseline - of->scored;
    if (!isfinite(less))
        return;
    say(to, "%.2f nats ", of->scored);
    if (fabs(less) < VERDICT_NO_LESS)
        say(to, "are as good as");
    else
        say(to, "are %.2f %s", fabs(less), less > 0 ? "below" : "above");
    say(to, " %s %d-gram's %.2f. ", article(of->order), of->order, of->baseline);
}

/* What keeps a network from learning by heart; in our experiments weight drop did it best
 * (docs/quality.md), and what is learnt by heart in vectors of n-grams only they can drop. No more
 * is named than the plan drops at most. */
static void say_remedy(sentences *to, const verdict_losses *of) {
    const double weights = RNN_PLAN_MOST_WEIGHTS_DROPPED, vectors = RNN_PLAN_MOST_NGRAMS_DROPPED;
    int more_weights = of->weight_drop < weights;
    int more_vectors = of->ngrams && of->ngram_dropout < vectors;
    say(to, "try ");
    if (more_vectors)
        say(to, "--ngram-dropout %.1f, ", fmin(of->ngram_dropout + 0.2, vectors));
    if (more_weights)
        say(to, "--weight-drop %.1f, ", fmin(of->weight_drop + 0.2, weights));
    say(to, more_vectors || more_weights ? "fewer units, or more text."
                                         : "fewer units (--hidden-size) or more text.");
}

static void say_over_fits(sentences *to, const verdict_losses *of) {
    if (has_turned(of))
        say(to, "Validation was %.2f at its best and has risen to %.2f since: it over-fits - ",
            of->validation, of->latest);
    else
        say(to,
            "Training is at %.2f, validation at %.2f and hardly falls any more: it over-fits - ",
            of->training, of->validation);
    say_remedy(to, of);
}

static void say_under_fits(sentences *to, const verdict_losses *of) {
    say(to,
        "Training is at %.2f, validation at %.2f and hardly falls any more: it under-fits - try "
        "more units (--hidden-size) or another --learning-rate.",
        of->training, of->validation);
}

void verdict_say(const verdict_losses *of, char *out, size_t room) {
    sentences to = {out, room, 0};
    *out = '\0';
    say_beside(&to, of);
    switch (verdict_of(of)) {
    case VERDICT_OVER_FITS:
        say_over_fits(&to, of);
        break;
    case VERDICT_MORE_TIME:
        say(&to,
            "The last quarter of the training brought %.2f of validation's %.2f: it would gain "
            "from more time.",
            of->fall, of->validation);
        break;
    case VERDICT_UNDER_FITS:
        say_under_fits(&to, of);
        break;
    case VERDICT_FITS:
        say(&to,
            "Training is at %.2f, validation at %.2f and hardly falls any more: it fits - more "
            "units want more weights dropped or more text.",
            of->training, of->validation);
        break;
    case VERDICT_UNKNOWN:
        if (isfinite(of->training) && isfinite(of->validation))
            say(&to,
                "Training is at %.2f, validation at %.2f: too few validations to tell what the "
                "run wants.",
                of->training, of->validation);
        break;
    }
    size_t length = strlen(out);
    if (length > 0 && out[length - 1] == ' ')
        out[length - 1] = '\0';
}

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *verdict_describe(const verdict_losses *of) {
    char text[1024];
    verdict_say(of, text, sizeof text);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s}", "kind", verdict_name(verdict_of(of)),
                     "train_loss", number(of->training), "best_val_loss", number(of->validation),
                     "last_val_loss", number(of->latest), "val_fall", number(of->fall), "text",
                     text);
}
