/* SPDX-License-Identifier: MIT
 *
 * signals.h - the wish to stop, and the wish to save.
 *
 * SIGINT, SIGTERM or SIGHUP asks to stop; a second one ends the process at once.
 * SIGUSR1 asks to save and go on.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

/* Takes over the signals. With patient 0, the first one ends the process too. */
void signals_catch(int patient);
void signals_set_patient(int patient);

/* The signal that asked to stop, or 0. */
int signals_stop(void);

/* 1 if saving has been asked for since the last call. */
int signals_save(void);

#endif
