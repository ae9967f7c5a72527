/* SPDX-License-Identifier: MIT
 *
 * optimizer.h - what a training's settings mean for one update.
 *
 * The equations are torch.optim's; the update itself is a kernel
 * (compute/kernels.h).
 */
#ifndef RNN_OPTIMIZER_H
#define RNN_OPTIMIZER_H

#include "compute/kernels.h"

/* The moments that an optimizer keeps: 1 `first`, 2 `second`, 3 both
 * (rnn_engine_options.moments). */
int rnn_optimizer_moments(const rnn_training *how);

/* The update with number `count` (1 is the first) at a learning rate. */
rnn_update rnn_optimizer_update(const rnn_training *how, int64_t count, double rate);

#endif
