/* SPDX-License-Identifier: MIT
 *
 * history.c - see history.h.
 */
#include "cli/history.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/runs.h"

typedef struct seen {
    double step, loss, training;
} seen;

typedef struct story {
    seen *validations;
    size_t count, capacity;
    double training; /* smoothed loss of the latest progress */
} story;

static double field(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* A run of a version that did not know the setting had none of it. */
static double share(const json_t *settings, const char *name) {
    double value = field(settings, name);
    return isfinite(value) ? value : 0;
}

static int read_line(story *to, const char *line) {
    json_t *object = json_loads(line, 0, NULL);
    const char *event = json_string_value(json_object_get(object, "event"));
    int kept = 1;
    if (event && strcmp(event, "progress") == 0 && isfinite(field(object, "loss")))
        to->training = field(object, "loss");
    if (event && strcmp(event, "validation") == 0) {
        seen now = {field(object, "step"), field(object, "val_loss"), to->training};
        while (to->count > 0 && to->validations[to->count - 1].step >= now.step)
            to->count--;
        kept = rnn_grow((void **)&to->validations, &to->capacity, to->count + 1, sizeof(seen));
        if (kept && isfinite(now.step) && isfinite(now.loss))
            to->validations[to->count++] = now;
    }
    json_decref(object);
    return kept;
}

/* The validation loss at a step, on a straight line between its neighbours. */
static double loss_at(const story *of, double step) {
    const seen *v = of->validations;
    size_t i = 1;
    while (i + 1 < of->count && v[i].step < step)
        i++;
    double share = (step - v[i - 1].step) / (v[i].step - v[i - 1].step);
    return v[i - 1].loss + (v[i].loss - v[i - 1].loss) * fmax(share, 0);
}

static void conclude(verdict_losses *losses, const story *of) {
    if (of->count == 0)
        return;
    const seen *last = &of->validations[of->count - 1], *best = last;
    for (size_t i = of->count; i-- > 0;)
        best = of->validations[i].loss < best->loss ? &of->validations[i] : best;
    losses->validation = best->loss;
    losses->training = best->training;
    losses->latest = last->loss;
    if (of->count >= VERDICT_NEEDED)
        losses->fall = loss_at(of, 0.75 * last->step) - last->loss;
}

void history_read_log(verdict_losses *losses, const char *directory) {
    char path[RUNS_PATH + 16], *line = NULL;
    size_t room = 0;
    story told = {NULL, 0, 0, NAN};
    snprintf(path, sizeof path, "%s/log.jsonl", directory);
    FILE *file = fopen(path, "r");
    if (!file)
        return;
    while (getline(&line, &room, file) > 0)
        if (!read_line(&told, line))
            break;
    fclose(file);
    free(line);
    conclude(losses, &told);
    rnn_free(told.validations);
}

void history_read_model(verdict_losses *losses, const char *history) {
    json_t *object = json_loads(history, 0, NULL);
    const json_t *settings = json_object_get(object, "settings");
    const char *schedule = json_string_value(json_object_get(settings, "schedule"));
    losses->weight_drop = share(settings, "weight_drop");
    losses->ngram_dropout = share(settings, "ngram_dropout");
    losses->ngrams = share(settings, "ngrams") > 1;
    losses->ending =
        schedule && (strcmp(schedule, "cosine") == 0 || strcmp(schedule, "linear") == 0);
    if (!isfinite(losses->validation)) {
        losses->training = field(object, "train_loss");
        losses->validation = field(object, "val_loss");
    }
    json_decref(object);
}
