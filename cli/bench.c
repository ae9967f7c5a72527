/* SPDX-License-Identifier: MIT
 *
 * bench.c - `rnn bench`: how fast this machine trains, evaluates and samples, and
 * how much of what it could do that is.
 */
#include <jansson.h>
#include <string.h>

#include "bench/benchmark.h"
#include "cli/arguments.h"
#include "cli/figures.h"
#include "cli/help.h"
#include "cli/manners.h"
#include "cli/terminal.h"
#include "compute/kernels.h"

typedef struct options {
    const char *config, *cpu;
    int threads, precision, rounds;
    double seconds;
} options;

#define AT(member) offsetof(options, member)

/* clang-format off */
static const rnn_option table[] = {
    {"config", RNN_OPTION_TEXT, AT(config), "", 0, 0, 0, NULL, "LIST", "Work",
     "what to measure, parted by commas: parts of the names that the table shows, like "
     "'train lstm', or names of your own, like 'train gru 3x256 b64 s50'; all, unless given", NULL},
    {"precision", RNN_OPTION_CHOICE, AT(precision), "auto", 0, 0, 0, "auto float32 bf16 int8", "KIND",
     "Work", "of what LIST does not say it for; auto is float32, and all of them to sample one text; where "
     "the processor computes in bf16, that too for training and evaluation", NULL},
    {"rounds", RNN_OPTION_INT, AT(rounds), "7", 1, 10000, 0, NULL, "N", "Work",
     "times that everything is measured in turn; the medians are shown", NULL},
    {"seconds", RNN_OPTION_REAL, AT(seconds), "0.25", 0, 3600, 0, NULL, "T", "Work",
     "that each configuration works in a round, or for one update if that takes longer", NULL},
    {"threads", RNN_OPTION_INT, AT(threads), "0", 0, 1024, 0, NULL, "N", "Run",
     "threads; 0 takes OMP_NUM_THREADS, else every core", NULL},
    {"cpu", RNN_OPTION_TEXT, AT(cpu), "auto", 0, 0, 0, NULL, "LEVEL", "Run",
     "avx512bf16, avx512, avx2, neon or generic, plain C; auto takes RNN_CPU, else the best", NULL},
};
/* clang-format on */

static const rnn_option *own_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

/* Whether the kernels have instructions for bf16. What is wrong with a name is told when
 * the measuring begins. */
static int has_bf16(const char *cpu) {
    const rnn_kernels *kernels;
    return rnn_kernels_pick(&kernels, cpu, NULL) == RNN_OK &&
           kernels->automatic == RNN_PRECISION_BF16;
}

/* ------------------------------------------------------------------ progress */

typedef struct progress_line {
    terminal where;
    int rounds;
} progress_line;

static void show_progress(void *context, int round, const rnn_workload *what) {
    const progress_line *line = context;
    char name[RNN_WORKLOAD_NAME], text[160];
    rnn_workload_name(what, name);
    if (round == 0)
        snprintf(text, sizeof text, "getting warm: %s", name);
    else
        snprintf(text, sizeof text, "round %d of %d: %s", round, line->rounds, name);
    size_t width = terminal_width(line->where.file);
    fprintf(line->where.file, "\r\x1b[K%.*s", (int)(width > 1 ? width - 1 : 1), text);
    fflush(line->where.file);
}

/* ------------------------------------------------------------------- results */

/* How far the slowest and the fastest round are apart, as a part of the median. */
static double spread(const rnn_figure *found) {
    return found->rate > 0 ? (found->most - found->least) / found->rate : 0;
}

typedef struct ceiling_row {
    const char *key, *label, *unit;
} ceiling_row;

/* By rnn_ceiling. */
static const ceiling_row ceiling_rows[RNN_CEILINGS] = {
    {"fma_float32_gflops", "multiply-adds in float32", "GFLOP/s"},
    {"dot_bf16_gflops", "dot products in bf16", "GFLOP/s"},
    {"read_l2_gb_per_second", "read from L2", "GB/s"},
    {"read_l3_gb_per_second", "read from L3", "GB/s"},
    {"read_memory_gb_per_second", "read from memory", "GB/s"},
};

/* What the machine does not have is null. */
static json_t *describe_ceilings(const rnn_benchmark_result *result) {
    json_t *object = json_object();
    for (size_t i = 0; i < RNN_CEILINGS; i++)
        json_object_set_new(object, ceiling_rows[i].key,
                            result->ceilings[i] > 0 ? json_real(result->ceilings[i] / 1e9)
                                                    : json_null());
    return object;
}

static json_t *describe_figure(const rnn_workload *what, const rnn_figure *found) {
    char name[RNN_WORKLOAD_NAME];
    rnn_workload_name(what, name);
    return json_pack("{s:s, s:f, s:f, s:s, s:f, s:f, s:f, s:f, s:f}", "config", name,
                     "characters_per_second", found->rate, "percent_of_ceiling", 100 * found->share,
                     "ceiling", rnn_ceilings_name(found->ceiling), "gflops", found->flops / 1e9,
                     "mflop_per_character", rnn_workload_flop(what) / 1e6, "spread_percent",
                     100 * spread(found), "least_characters_per_second", found->least,
                     "most_characters_per_second", found->most);
}

static json_t *describe(const rnn_benchmark *plan, const rnn_benchmark_result *result) {
    json_t *results = json_array();
    for (size_t i = 0; i < plan->count; i++)
        json_array_append_new(results, describe_figure(&plan->workloads[i], &result->figures[i]));
    return json_pack("{s:s, s:s, s:i, s:i, s:f, s:o, s:o}", "version", RNN_VERSION, "cpu",
                     result->kernels, "threads", result->threads, "rounds", plan->rounds, "seconds",
                     plan->seconds, "ceilings", describe_ceilings(result), "results", results);
}

static void print_result(const rnn_benchmark *plan, const rnn_benchmark_result *result) {
    size_t widest = 0;
    char name[RNN_WORKLOAD_NAME];
    printf("%s, %d thread%s; medians of %d round%s\n\n", result->kernels, result->threads,
           result->threads == 1 ? "" : "s", plan->rounds, plan->rounds == 1 ? "" : "s");
    puts("This machine at most");
    for (size_t i = 0; i < RNN_CEILINGS; i++) {
        if (result->ceilings[i] > 0)
            printf("  %-26s %-7s %7.1f %s\n", ceiling_rows[i].label,
                   rnn_ceilings_name((rnn_ceiling)i), result->ceilings[i] / 1e9,
                   ceiling_rows[i].unit);
    }
    for (size_t i = 0; i < plan->count; i++) {
        rnn_workload_name(&plan->workloads[i], name);
        widest = strlen(name) > widest ? strlen(name) : widest;
    }
    printf("\n%-*s  %10s  %8s  %-12s  %7s\n", (int)widest, "", "chars/s", "GFLOP/s", "of ceiling",
           "spread");
    for (size_t i = 0; i < plan->count; i++) {
        const rnn_figure *found = &result->figures[i];
        rnn_workload_name(&plan->workloads[i], name);
        printf("%-*s  %10s  %8.1f  %4.0f%% %-6s  %6.0f%%\n", (int)widest, name,
               figures_count((uint64_t)(found->rate + 0.5)).text, found->flops / 1e9,
               100 * found->share, rnn_ceilings_name(found->ceiling), 100 * spread(found));
    }
}

/* ------------------------------------------------------------------- command */

static int measure(const command *self, const options *how, const manners *manner,
                   rnn_benchmark *plan) {
    rnn_benchmark_result result;
    rnn_error error = {0};
    progress_line line = {terminal_open(stderr, manner->color), how->rounds};
    if (line.where.live && !manner->quiet) {
        plan->listener = show_progress;
        plan->context = &line;
    }
    rnn_status status = rnn_benchmark_run(&result, plan, &error);
    if (plan->listener)
        fputs("\r\x1b[K", stderr);
    if (status != RNN_OK)
        return manners_fail(self, &error);
    int code;
    if (manner->json) {
        code = manners_print_json(self, describe(plan, &result));
    } else {
        print_result(plan, &result);
        code = manners_finish(self);
    }
    rnn_free(result.figures);
    return code;
}

static int run(const command *self, int argc, char **argv) {
    options how = {0};
    manners manner;
    arguments_part parts[] = {{.table = own_table, .target = &how},
                              {.table = manners_table, .target = &manner}};
    rnn_error error = {0};
    rnn_workload *workloads;
    size_t count;
    if (arguments_parse(parts, 2, argc, argv, &count, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (manner.help) {
        help_print(stdout, self);
        return manners_finish(self);
    }
    if (count > 0)
        return manners_usage(self, "what is '%.100s'? Configurations stand behind --config",
                             argv[0]);
    if (rnn_workload_list(&workloads, &count, how.config, (rnn_precision)how.precision,
                          has_bf16(how.cpu), &error) != RNN_OK)
        return manners_usage(self, "--config: %s", error.message);
    rnn_benchmark plan = {
        .workloads = workloads,
        .count = count,
        .threads = how.threads,
        .cpu = how.cpu,
        .rounds = how.rounds,
        .seconds = how.seconds,
    };
    int code = measure(self, &how, &manner, &plan);
    rnn_free(workloads);
    return code;
}

const command bench_command = {
    "bench",
    (const char *const[]){"[OPTION...]", NULL},
    "measure how fast this machine trains, evaluates and samples",
    "Measures in turn, round after round, what the machine can do at most - multiply-adds that "
    "never leave the registers, reading from its caches and from memory - and how fast networks "
    "of several shapes train, evaluate and sample on it. Next to the characters and the "
    "calculations a second stands what part that is of the ceiling beside it: of the multiply-adds "
    "(fma, or bf16), or for sampling few texts at once of the reading of the weights (l2, l3, "
    "memory). docs/performance.md says what is counted.\n\n"
    "All of it takes about a minute and 1.3 GB of memory.",
    (const char *const[]){"rnn bench", "rnn bench --config 'train lstm 2x512, sample' --json",
                          "rnn bench --config 'train lstm 1x192 n5 b32 s64' --threads 1", NULL},
    {own_table, manners_table, NULL},
    run,
};
