/* SPDX-License-Identifier: MIT
 *
 * calibration.h - how fast this machine trains a network of some shape.
 */
#ifndef RNN_CALIBRATION_H
#define RNN_CALIBRATION_H

#include "compute/device.h"

/* Trains a network of that shape with nothing in it on made-up text, by the settings'
 * batches, optimizer, threads and precision, for about `seconds` and at least
 * one step after a first one. *characters_per_second is the median of the steps.
 * RNN_ERR_MEMORY, or what the device refuses. */
rnn_status rnn_calibration_measure(const rnn_device *device, const rnn_training *how,
                                   size_t symbols, double seconds, double *characters_per_second,
                                   rnn_error *error);

#endif
