/* SPDX-License-Identifier: MIT
 *
 * serve.c - `rnn serve`: the page, and models over HTTP, for this machine alone.
 */
#include <jansson.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/manners.h"
#include "cli/runs.h"
#include "cli/signals.h"
#include "server/server.h"

typedef struct options {
    int port, open, threads;
} options;

#define AT(member) offsetof(options, member)

/* clang-format off */
static const rnn_option table[] = {
    {"port", RNN_OPTION_INT, AT(port), "8765", 0, 65535, 0, NULL, "N", "Server",
     "port of 127.0.0.1; 0 takes one that is free, as does the default where it is taken", NULL},
    {"open", RNN_OPTION_FLAG, AT(open), "0", 0, 0, 0, NULL, NULL, "Server",
     "show the page in the browser", NULL},
    {"threads", RNN_OPTION_INT, AT(threads), "0", 0, 1024, 0, NULL, "N", "Server",
     "clients that are computed for at the same time; 0 takes OMP_NUM_THREADS, else every core",
     NULL},
};
/* clang-format on */

static const rnn_option *own_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

/* Where this program lies, to train with; "" if that cannot be found out. */
static void find_program(char *path, size_t room) {
    path[0] = '\0';
#if defined(__APPLE__)
    uint32_t size = (uint32_t)room;
    if (_NSGetExecutablePath(path, &size) != 0)
        path[0] = '\0';
#else
    ssize_t length = readlink("/proc/self/exe", path, room - 1);
    path[length > 0 ? length : 0] = '\0';
#endif
}

static void open_browser(const command *self, const char *address) {
#if defined(__APPLE__)
    char opener[] = "open";
#else
    char opener[] = "xdg-open";
#endif
    extern char **environ;
    char copy[64];
    char *words[] = {opener, copy, NULL};
    pid_t pid;
    snprintf(copy, sizeof copy, "%s", address);
    if (posix_spawnp(&pid, opener, NULL, NULL, words, environ) != 0)
        manners_notice(self, "%s is not here: open the address yourself", opener);
}

static int tell(const command *self, const manners *how, const server *running, const char *models,
                const char *address) {
    if (how->json)
        return manners_print_json(
            self, json_pack("{s:s, s:i}", "address", address, "port", server_port(running)));
    if (!how->quiet) {
        int count = server_models(running);
        manners_notice(self, "%d model%s in %s; Ctrl-C ends", count, count == 1 ? "" : "s", models);
    }
    printf("%s\n", address);
    return manners_finish(self);
}

/* The default port is only a wish. */
static rnn_status start(server **out, server_options *wanted, int asked, rnn_error *error) {
    rnn_status status = server_start(out, wanted, error);
    if (status != RNN_ERR_IO || asked || wanted->port == 0)
        return status;
    wanted->port = 0;
    rnn_error again = {RNN_OK, ""};
    return server_start(out, wanted, &again) == RNN_OK ? RNN_OK : status;
}

static int serve(const command *self, const options *how, const manners *manner, int asked,
                 const char *models) {
    char program[RUNS_PATH], address[64];
    rnn_error error = {RNN_OK, ""};
    server *running;
    find_program(program, sizeof program);
    server_options wanted = {
        .models = models, .program = program, .port = how->port, .threads = how->threads};
    signals_catch(1);
    if (start(&running, &wanted, asked, &error) != RNN_OK)
        return manners_fail(self, &error);
    snprintf(address, sizeof address, "http://127.0.0.1:%d/", server_port(running));
    int code = tell(self, manner, running, models, address);
    if (how->open)
        open_browser(self, address);
    while (code == MANNERS_DONE && !signals_stop())
        poll(NULL, 0, 200);
    if (server_stop_training(running) && !manner->quiet)
        manners_notice(self, "training is saved and stopped; once more leaves it to itself");
    while (server_stop_training(running))
        poll(NULL, 0, 50);
    server_stop(running);
    return code == MANNERS_DONE ? MANNERS_SIGNAL + signals_stop() : code;
}

static int run(const command *self, int argc, char **argv) {
    options how;
    manners manner;
    arguments_part parts[] = {{.table = own_table, .target = &how},
                              {.table = manners_table, .target = &manner}};
    rnn_error error = {RNN_OK, ""};
    char path[RUNS_PATH];
    size_t count;
    if (arguments_parse(parts, 2, argc, argv, &count, &error) != RNN_OK)
        return manners_usage(self, "%s", error.message);
    if (manner.help) {
        help_print(stdout, self);
        return manners_finish(self);
    }
    if (count > 1)
        return manners_usage(self, "one model, run or folder of runs at a time");
    snprintf(path, sizeof path, "runs");
    if (count == 1 && runs_locate(argv[0], path, sizeof path, &error) != RNN_OK)
        return manners_fail(self, &error);
    return serve(self, &how, &manner, arguments_given(&parts[0], "port"), path);
}

const command serve_command = {
    "serve",
    (const char *const[]){"[OPTION...] [MODEL|RUNS]", NULL},
    "show a page to write, train and look inside, and answer programs",
    "Serves a page for this machine alone, on 127.0.0.1, and prints its address: to write with "
    "temperature and the rest at hand, to train and watch it, to look inside. MODEL is a run's "
    "directory, its name under runs/, or a .safetensors file; RUNS is a folder of runs, runs/ if "
    "nothing is given, whose models can then be chosen and compared. Texts to train on are those "
    "in and below the directory that it was started in, 500 at most.\n\n"
    "Programs find POST /v1/completions, GET /v1/models and GET /health there, in the words of "
    "OpenAI's; docs/server.md tells more.\n\n"
    "Ctrl-C (SIGINT) and SIGTERM end it; what is being trained from the page is saved first and "
    "can be resumed.",
    (const char *const[]){"rnn serve --open", "rnn serve runs/book --port 8000", NULL},
    {own_table, manners_table, NULL},
    run,
};
