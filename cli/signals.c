/* SPDX-License-Identifier: MIT
 *
 * signals.c - see signals.h.
 */
#include "cli/signals.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stopped, saving, patience;

static void on_stop(int number) {
    if (stopped || !patience) {
        /* The terminal's cursor may stand behind a live line. */
        if (isatty(STDERR_FILENO) && write(STDERR_FILENO, "\n", 1) < 0)
            _exit(128 + number);
        _exit(128 + number);
    }
    stopped = number;
}

static void on_save(int number) {
    (void)number;
    saving = 1;
}

void signals_catch(int patient) {
    struct sigaction action, before;
    patience = patient;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = on_stop;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* nohup means it. */
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
    action.sa_handler = on_save;
    sigaction(SIGUSR1, &action, NULL);
}

void signals_set_patient(int patient) {
    patience = patient;
}

int signals_stop(void) {
    return stopped;
}

int signals_save(void) {
    int asked = saving;
    if (asked)
        saving = 0;
    return asked;
}
