/* SPDX-License-Identifier: MIT
 *
 * onednn_lstm.c - how fast oneDNN's bare LSTM layers are on this machine.
 *
 *   cc -O2 -fopenmp onednn_lstm.c -o onednn_lstm -ldnnl -lm
 *   onednn_lstm --config 'train lstm 2x512 b100 s100 float32' --threads 2 --seconds 10
 *
 * The configuration is a whole name of `rnn bench`. The layers stand on each other:
 * the first reads 64 numbers a character, as from an embedding. A training step
 * brings the weights into the layout that the primitives ask for, goes forward and
 * backward. Gathering the characters, the output layer, the loss, clipping and the
 * optimizer are not there: this is a bar for what a library can do with the layers
 * alone.
 *
 * Prints one JSON object: what oneDNN chose to run ("ref" calls its matrix products
 * for each step, for processors without AVX-512), characters per second (median over
 * the measured steps), steps, peak memory. bench/compare compiles and calls it.
 */
#define _GNU_SOURCE
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>

#define EMBEDDING   64
#define MOST_LAYERS 32
#define MOST_STEPS  1000000
#define MOST_ARGS   24

typedef struct job {
    char task[16], config[80];
    dnnl_dim_t layers, hidden, batch, length;
    dnnl_data_type_t type; /* of weights, inputs and outputs */
    int training, threads;
    double seconds, warm_up;
} job;

/* Arguments of one primitive. */
typedef struct arguments {
    dnnl_exec_arg_t list[MOST_ARGS];
    int count;
} arguments;

/* Weights as an optimizer would hold them, and as a primitive wants them. */
typedef struct weights {
    dnnl_memory_t master, packed;
    dnnl_primitive_t reorder;
} weights;

typedef struct layer {
    dnnl_memory_t output, output_gradient, input_gradient;
    weights input, recurrent, input_back, recurrent_back;
    dnnl_memory_t summed[3]; /* gradients that backward adds to: weights twice, bias */
    dnnl_primitive_t forward, backward;
    arguments forward_arguments, backward_arguments;
} layer;

static dnnl_engine_t engine;
static dnnl_stream_t stream;
static const char *implementation; /* oneDNN's name for what it chose; owned by a plan that stays */

static void check(dnnl_status_t status, const char *what) {
    if (status == dnnl_success)
        return;
    fprintf(stderr, "onednn_lstm: %s: %s%s\n", what, dnnl_status2str(status),
            status == dnnl_unimplemented ? " (not on this processor?)" : "");
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ------------------------------------------------------------------- memory */

static dnnl_memory_desc_t describe(int axes, const dnnl_dims_t sizes, dnnl_data_type_t type,
                                   dnnl_format_tag_t tag) {
    dnnl_memory_desc_t out;
    check(dnnl_memory_desc_init_by_tag(&out, axes, sizes, type, tag), "memory descriptor");
    return out;
}

static dnnl_memory_t allocate(const dnnl_memory_desc_t *as) {
    dnnl_memory_t memory;
    void *data;
    check(dnnl_memory_create(&memory, as, engine, DNNL_MEMORY_ALLOCATE), "memory");
    check(dnnl_memory_get_data_handle(memory, &data), "memory");
    memset(data, 0, dnnl_memory_desc_get_size(as));
    return memory;
}

/* Numbers between -scale and scale that look random. */
static dnnl_memory_t allocate_filled(const dnnl_memory_desc_t *as, float scale) {
    static uint32_t state = 1;
    dnnl_memory_t memory = allocate(as);
    void *data;
    check(dnnl_memory_get_data_handle(memory, &data), "memory");
    size_t half = as->data_type == dnnl_bf16,
           count = dnnl_memory_desc_get_size(as) / (half ? 2 : 4);
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        float x = scale * ((float)(state >> 8) / 8388608.0f - 1.0f);
        uint32_t bits;
        memcpy(&bits, &x, sizeof bits);
        if (half)
            ((uint16_t *)data)[i] = (uint16_t)(bits >> 16);
        else
            ((float *)data)[i] = x;
    }
    return memory;
}

static void set_zero(dnnl_memory_t memory) {
    const dnnl_memory_desc_t *as;
    void *data;
    check(dnnl_memory_get_memory_desc(memory, &as), "memory");
    check(dnnl_memory_get_data_handle(memory, &data), "memory");
    memset(data, 0, dnnl_memory_desc_get_size(as));
}

static void give(arguments *to, int name, dnnl_memory_t memory) {
    to->list[to->count++] = (dnnl_exec_arg_t){name, memory};
}

static void execute(dnnl_primitive_t primitive, const arguments *with) {
    check(dnnl_primitive_execute(primitive, stream, with->count, with->list), "execution");
}

static void repack(const weights *w) {
    arguments both = {{{DNNL_ARG_FROM, w->master}, {DNNL_ARG_TO, w->packed}}, 2};
    execute(w->reorder, &both);
}

/* Weights of the layout that a primitive asked for, fed from a float32 master. */
static weights make_weights(dnnl_memory_t master, const dnnl_memory_desc_t *wanted) {
    const dnnl_memory_desc_t *from;
    dnnl_primitive_desc_t plan;
    weights w = {.master = master, .packed = allocate(wanted)};
    check(dnnl_memory_get_memory_desc(master, &from), "memory");
    check(dnnl_reorder_primitive_desc_create(&plan, from, engine, wanted, engine, NULL), "reorder");
    check(dnnl_primitive_create(&w.reorder, plan), "reorder");
    dnnl_primitive_desc_destroy(plan);
    return w;
}

/* -------------------------------------------------------------------- layers */

static const dnnl_memory_desc_t *asked(dnnl_primitive_desc_t plan, int argument) {
    return dnnl_primitive_desc_query_md(plan, dnnl_query_exec_arg_md, argument);
}

/* Shapes of a layer that reads `inputs` numbers a character; `type` is float32 for
 * gradients. Weights are laid out as the primitive likes. */
typedef struct shapes {
    dnnl_memory_desc_t input, h, c, input_weights, recurrent_weights, bias, output;
} shapes;

static shapes make_shapes(const job *j, dnnl_dim_t inputs, dnnl_data_type_t type) {
    dnnl_dims_t input = {j->length, j->batch, inputs}, state = {1, 1, j->batch, j->hidden};
    dnnl_dims_t input_weights = {1, 1, inputs, 4, j->hidden};
    dnnl_dims_t recurrent_weights = {1, 1, j->hidden, 4, j->hidden}, bias = {1, 1, 4, j->hidden};
    dnnl_dims_t output = {j->length, j->batch, j->hidden};
    return (shapes){
        .input = describe(3, input, type, dnnl_tnc),
        .h = describe(4, state, type, dnnl_ldnc),
        .c = describe(4, state, dnnl_f32, dnnl_ldnc),
        .input_weights = describe(5, input_weights, type, dnnl_format_tag_any),
        .recurrent_weights = describe(5, recurrent_weights, type, dnnl_format_tag_any),
        .bias = describe(4, bias, dnnl_f32, dnnl_ldgo),
        .output = describe(3, output, type, dnnl_tnc),
    };
}

static dnnl_memory_t make_master(dnnl_dim_t inputs, dnnl_dim_t hidden) {
    dnnl_dims_t sizes = {1, 1, inputs, 4, hidden};
    dnnl_memory_desc_t as = describe(5, sizes, dnnl_f32, dnnl_ldigo);
    return allocate_filled(&as, 0.05f);
}

static dnnl_primitive_desc_t make_forward(layer *l, const job *j, const shapes *s,
                                          dnnl_memory_t input, dnnl_memory_t masters[2]) {
    dnnl_rnn_desc_t what;
    dnnl_primitive_desc_t plan;
    check(dnnl_lstm_forward_desc_init(
              &what, j->training ? dnnl_forward_training : dnnl_forward_inference,
              dnnl_unidirectional_left2right, &s->input, &s->h, &s->c, &s->input_weights,
              &s->recurrent_weights, &s->bias, &s->output, &s->h, &s->c, 0),
          "forward");
    check(dnnl_primitive_desc_create(&plan, &what, NULL, engine, NULL), "forward");
    check(dnnl_primitive_create(&l->forward, plan), "forward");
    l->input = make_weights(masters[0], asked(plan, DNNL_ARG_WEIGHTS_LAYER));
    l->recurrent = make_weights(masters[1], asked(plan, DNNL_ARG_WEIGHTS_ITER));
    l->output = allocate(&s->output);
    arguments *with = &l->forward_arguments;
    give(with, DNNL_ARG_SRC_LAYER, input);
    give(with, DNNL_ARG_SRC_ITER, allocate(&s->h));
    give(with, DNNL_ARG_SRC_ITER_C, allocate(&s->c));
    give(with, DNNL_ARG_BIAS, allocate_filled(&s->bias, 0.05f));
    give(with, DNNL_ARG_DST_LAYER, l->output);
    give(with, DNNL_ARG_DST_ITER, allocate(&s->h));
    give(with, DNNL_ARG_DST_ITER_C, allocate(&s->c));
    if (j->training)
        give(with, DNNL_ARG_WORKSPACE, allocate(asked(plan, DNNL_ARG_WORKSPACE)));
    l->backward_arguments = *with;
    give(with, DNNL_ARG_WEIGHTS_LAYER, l->input.packed);
    give(with, DNNL_ARG_WEIGHTS_ITER, l->recurrent.packed);
    return plan;
}

/* `forward` is its plan, and `g` are the shapes of gradients. */
static void make_backward(layer *l, const shapes *s, const shapes *g, dnnl_primitive_desc_t forward,
                          dnnl_memory_t masters[2]) {
    dnnl_rnn_desc_t what;
    dnnl_primitive_desc_t plan;
    check(dnnl_lstm_backward_desc_init(
              &what, dnnl_backward, dnnl_unidirectional_left2right, &s->input, &s->h, &s->c,
              &s->input_weights, &s->recurrent_weights, &s->bias, &s->output, &s->h, &s->c,
              &g->input, &g->h, &g->c, &g->input_weights, &g->recurrent_weights, &g->bias,
              &g->output, &g->h, &g->c, 0),
          "backward");
    check(dnnl_primitive_desc_create(&plan, &what, NULL, engine, forward), "backward");
    check(dnnl_primitive_create(&l->backward, plan), "backward");
    l->input_back = make_weights(masters[0], asked(plan, DNNL_ARG_WEIGHTS_LAYER));
    l->recurrent_back = make_weights(masters[1], asked(plan, DNNL_ARG_WEIGHTS_ITER));
    l->summed[0] = allocate(asked(plan, DNNL_ARG_DIFF_WEIGHTS_LAYER));
    l->summed[1] = allocate(asked(plan, DNNL_ARG_DIFF_WEIGHTS_ITER));
    l->summed[2] = allocate(&g->bias);
    l->input_gradient = allocate(&g->input);
    /* The top layer's; one below another takes what that one computes. */
    l->output_gradient = allocate_filled(&g->output, 1e-3f);
    arguments *with = &l->backward_arguments;
    give(with, DNNL_ARG_WEIGHTS_LAYER, l->input_back.packed);
    give(with, DNNL_ARG_WEIGHTS_ITER, l->recurrent_back.packed);
    give(with, DNNL_ARG_DIFF_WEIGHTS_LAYER, l->summed[0]);
    give(with, DNNL_ARG_DIFF_WEIGHTS_ITER, l->summed[1]);
    give(with, DNNL_ARG_DIFF_BIAS, l->summed[2]);
    give(with, DNNL_ARG_DIFF_SRC_LAYER, l->input_gradient);
    give(with, DNNL_ARG_DIFF_SRC_ITER, allocate(&g->h));
    give(with, DNNL_ARG_DIFF_SRC_ITER_C, allocate(&g->c));
    give(with, DNNL_ARG_DIFF_DST_ITER, allocate(&g->h));
    give(with, DNNL_ARG_DIFF_DST_ITER_C, allocate(&g->c));
    dnnl_primitive_desc_destroy(plan);
}

static void make_layers(layer *layers, const job *j) {
    for (dnnl_dim_t i = 0; i < j->layers; i++) {
        dnnl_dim_t inputs = i > 0 ? j->hidden : EMBEDDING;
        shapes s = make_shapes(j, inputs, j->type), g = make_shapes(j, inputs, dnnl_f32);
        dnnl_memory_t masters[2] = {make_master(inputs, j->hidden),
                                    make_master(j->hidden, j->hidden)};
        dnnl_memory_t input = i > 0 ? layers[i - 1].output : allocate_filled(&s.input, 1);
        dnnl_primitive_desc_t plan = make_forward(&layers[i], j, &s, input, masters);
        if (j->training)
            make_backward(&layers[i], &s, &g, plan, masters);
        check(dnnl_primitive_desc_query(plan, dnnl_query_impl_info_str, 0, &implementation),
              "name");
    }
    for (dnnl_dim_t i = 0; j->training && i < j->layers; i++)
        give(&layers[i].backward_arguments, DNNL_ARG_DIFF_DST_LAYER,
             i + 1 < j->layers ? layers[i + 1].input_gradient : layers[i].output_gradient);
}

/* --------------------------------------------------------------------- work */

static void pack_forward(const layer *layers, const job *j) {
    for (dnnl_dim_t i = 0; i < j->layers; i++) {
        repack(&layers[i].input);
        repack(&layers[i].recurrent);
    }
}

static void step(const layer *layers, const job *j) {
    if (j->training) {
        pack_forward(layers, j);
        for (dnnl_dim_t i = 0; i < j->layers; i++) {
            repack(&layers[i].input_back);
            repack(&layers[i].recurrent_back);
        }
    }
    for (dnnl_dim_t i = 0; i < j->layers; i++)
        execute(layers[i].forward, &layers[i].forward_arguments);
    for (dnnl_dim_t i = j->training ? j->layers : 0; i-- > 0;) {
        for (int k = 0; k < 3; k++)
            set_zero(layers[i].summed[k]);
        execute(layers[i].backward, &layers[i].backward_arguments);
    }
    check(dnnl_stream_wait(stream), "execution");
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of a step's characters per second, once warm. */
static double measure(const layer *layers, const job *j, size_t *steps) {
    double *rates = malloc(MOST_STEPS * sizeof *rates), begin = now();
    if (!rates)
        exit(1);
    for (*steps = 0; *steps < MOST_STEPS;) {
        double before = now();
        step(layers, j);
        double after = now();
        if (before - begin >= j->warm_up)
            rates[(*steps)++] = (double)(j->length * j->batch) / (after - before);
        if (*steps >= 3 && after - begin >= j->warm_up + j->seconds)
            break;
    }
    qsort(rates, *steps, sizeof *rates, compare);
    double median = rates[*steps / 2];
    free(rates);
    return median;
}

/* ----------------------------------------------------------------- arguments */

static int read_config(job *j, const char *text) {
    int layers, hidden, batch, length, end = 0;
    char precision[16];
    snprintf(j->config, sizeof j->config, "%s", text);
    if (sscanf(text, "%15s lstm %dx%d b%d s%d %15s%n", j->task, &layers, &hidden, &batch, &length,
               precision, &end) != 6 ||
        text[end] || layers < 1 || layers > MOST_LAYERS || hidden < 1 || batch < 1 || length < 1)
        return 0;
    j->training = strcmp(j->task, "train") == 0;
    j->type = strcmp(precision, "bf16") == 0 ? dnnl_bf16 : dnnl_f32;
    j->layers = layers;
    j->hidden = hidden;
    j->batch = batch;
    j->length = length;
    return (j->training || strcmp(j->task, "evaluate") == 0) &&
           (j->type == dnnl_bf16 || strcmp(precision, "float32") == 0);
}

static job read_arguments(int argc, char **argv) {
    job j = {.threads = omp_get_max_threads(), .seconds = 10, .warm_up = 3};
    const char *config = "train lstm 2x512 b100 s100 float32";
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--config") == 0)
            config = argv[i + 1];
        else if (strcmp(argv[i], "--threads") == 0)
            j.threads = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--seconds") == 0)
            j.seconds = atof(argv[i + 1]);
        else if (strcmp(argv[i], "--warm-up") == 0)
            j.warm_up = atof(argv[i + 1]);
    }
    if (!read_config(&j, config)) {
        fprintf(stderr,
                "onednn_lstm: '%s' is nothing that bare LSTM layers do; that is, for example, "
                "'train lstm 2x512 b100 s100 float32' or 'evaluate ... bf16'\n",
                config);
        exit(2);
    }
    return j;
}

int main(int argc, char **argv) {
    static layer layers[MOST_LAYERS];
    job j = read_arguments(argc, argv);
    struct rusage used;
    size_t steps;
    omp_set_num_threads(j.threads);
    check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine");
    check(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "stream");
    make_layers(layers, &j);
    pack_forward(layers, &j);
    double rate = measure(layers, &j, &steps);
    getrusage(RUSAGE_SELF, &used);
    const dnnl_version_t *version = dnnl_version();
    printf("{\"program\": \"oneDNN %d.%d.%d bare\", \"config\": \"%s\", \"threads\": %d, "
           "\"implementation\": \"%s\", \"characters_per_second\": %.1f, \"steps\": %zu, "
           "\"peak_memory_mib\": %ld}\n",
           version->major, version->minor, version->patch, j.config, j.threads, implementation,
           rate, steps, used.ru_maxrss / 1024);
    return 0;
}
