/* SPDX-License-Identifier: MIT
 *
 * history.h - what is known of a run's losses: from its log, or from its model alone.
 */
#ifndef CLI_HISTORY_H
#define CLI_HISTORY_H

#include "cli/verdict.h"

/* Takes training, validation, latest and fall from log.jsonl in a directory; leaves them
 * where there is none. Of what was gone back from (after a divergence, or by resuming)
 * only the last way counts. */
void history_read_log(verdict_losses *losses, const char *directory);

/* Takes weight drop and schedule from a model's history (JSON), and training and
 * validation where no validation is known yet. */
void history_read_model(verdict_losses *losses, const char *json);

#endif
