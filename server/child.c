/* SPDX-License-Identifier: MIT
 *
 * child.c - see child.h.
 */
#include "server/child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"

#define MOST_WORDS 128

extern char **environ;

struct child {
    pthread_mutex_t mutex;
    char program[4096];
    child_state state;
    pid_t pid;
    int has_thread; /* that waits for the process, or has */
    pthread_t thread;
    int said; /* its standard error: a file without a name, -1 for none */
};

rnn_status child_create(child **out, const char *program, rnn_error *error) {
    child *self = rnn_allocate(1, sizeof *self);
    *out = self;
    if (!self)
        return rnn_fail(error, RNN_ERR_MEMORY, "no memory for the server");
    pthread_mutex_init(&self->mutex, NULL);
    snprintf(self->program, sizeof self->program, "%s", program);
    self->said = -1;
    return RNN_OK;
}

void child_destroy(child *self) {
    if (!self)
        return;
    if (self->has_thread)
        pthread_join(self->thread, NULL);
    if (self->said >= 0)
        close(self->said);
    pthread_mutex_destroy(&self->mutex);
    rnn_free(self);
}

/* A file, not a pipe: a process that outlives us can still write to it. */
static int open_nameless(void) {
    char path[512];
    snprintf(path, sizeof path, "%.400s/rnn-serve-XXXXXX", rnn_files_temporary());
    int file = mkstemp(path);
    if (file >= 0) {
        unlink(path);
        fcntl(file, F_SETFD, FD_CLOEXEC);
    }
    return file;
}

/* What it said last; bytes that are no characters go with the first that are cut off. */
static void read_said(int file, char *out) {
    off_t size = lseek(file, 0, SEEK_END);
    off_t from = size > CHILD_SAID - 1 ? size - (CHILD_SAID - 1) : 0;
    ssize_t got = size > 0 ? pread(file, out, (size_t)(size - from), from) : 0;
    out[got > 0 ? got : 0] = '\0';
    while (got > 0 && (out[got - 1] == '\n' || out[got - 1] == ' '))
        out[--got] = '\0';
}

static void *wait_for_it(void *context) {
    child *self = context;
    siginfo_t ended;
    int status = 0;
    while (waitid(P_PID, (id_t)self->pid, &ended, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        continue;
    /* Its number stays its own until nobody can send it a signal any more. */
    pthread_mutex_lock(&self->mutex);
    waitpid(self->pid, &status, 0);
    self->state.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (self->said >= 0)
        read_said(self->said, self->state.said);
    self->state.running = 0;
    pthread_mutex_unlock(&self->mutex);
    return NULL;
}

static int spawn(child *self, const char *const *words) {
    char *list[MOST_WORDS + 2] = {self->program};
    sigset_t none;
    posix_spawnattr_t how;
    posix_spawn_file_actions_t files;
    for (size_t i = 0; words[i] && i < MOST_WORDS; i++)
        list[i + 1] = (char *)(uintptr_t)words[i];
    sigemptyset(&none);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    if (self->said >= 0)
        posix_spawn_file_actions_adddup2(&files, self->said, 2);
    else
        posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    int fault = posix_spawn(&self->pid, self->program, &files, &how, list, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return fault;
}

static rnn_status start(child *self, const char *run, const char *const *words, rnn_error *error) {
    if (self->has_thread)
        pthread_join(self->thread, NULL);
    self->has_thread = 0;
    if (self->said >= 0)
        close(self->said);
    self->said = open_nameless();
    int fault = spawn(self, words);
    if (fault != 0)
        return rnn_fail(error, RNN_ERR_IO, "%s cannot be run: %s", self->program, strerror(fault));
    self->state = (child_state){.running = 1};
    snprintf(self->state.run, sizeof self->state.run, "%s", run);
    if (pthread_create(&self->thread, NULL, wait_for_it, self) != 0) {
        kill(self->pid, SIGTERM);
        waitpid(self->pid, NULL, 0);
        self->state.running = 0;
        return rnn_fail(error, RNN_ERR_MEMORY, "the system starts no more threads");
    }
    self->has_thread = 1;
    return RNN_OK;
}

rnn_status child_start(child *self, const char *run, const char *const *words, rnn_error *error) {
    pthread_mutex_lock(&self->mutex);
    rnn_status status =
        self->state.running
            ? rnn_fail(error, RNN_ERR_UNSUPPORTED,
                       "'%.200s' is being trained: stop it first, or wait for its end",
                       self->state.run)
            : start(self, run, words, error);
    pthread_mutex_unlock(&self->mutex);
    return status;
}

int child_stop(child *self) {
    pthread_mutex_lock(&self->mutex);
    int running = self->state.running;
    /* A second signal would end it at once, without saving. */
    if (running && !self->state.stopping)
        kill(self->pid, SIGTERM);
    self->state.stopping = running;
    pthread_mutex_unlock(&self->mutex);
    return running;
}

child_state child_look(child *self) {
    pthread_mutex_lock(&self->mutex);
    child_state state = self->state;
    pthread_mutex_unlock(&self->mutex);
    return state;
}
