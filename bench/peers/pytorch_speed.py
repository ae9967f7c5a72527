#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How fast PyTorch trains, evaluates and samples a character model on this machine.

    pytorch_speed.py --config 'train lstm 2x512 b100 s100 float32' --threads 2 --seconds 10

The configuration is a whole name of `rnn bench`, and so is the work: 65 symbols, a
made-up text with letters' frequencies, Adam, the gradient clipped. Characters go
through an embedding 64 wide, which costs PyTorch less than one-hot vectors would.

Prints one JSON object: characters per second (median over the measured steps),
steps, parameters, peak memory. Debian's PyTorch wants its OpenBLAS to share its
threads; bench/compare sets the environment that makes it so.
"""
import argparse
import json
import os
import re
import resource
import statistics
import sys
import time

EMBEDDING = 64
SYMBOLS = 65
SEQUENCES = 16  # of text; then it begins again
NAME = re.compile(r"(train|evaluate|sample) (tanh|gru|lstm) (\d+)x(\d+) b(\d+)(?: s(\d+))? "
                  r"(float32|bf16)")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--config", default="train lstm 2x512 b100 s100 float32")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=10, help="measured, after the warm-up")
    parser.add_argument("--warm-up", type=float, default=3, help="seconds")
    read = parser.parse_args()
    name = NAME.fullmatch(read.config)
    if not name:
        sys.exit(f"'{read.config}' is no configuration for PyTorch; one is "
                 "'train lstm 2x512 b100 s100 float32'")
    read.mode, read.cell = name[1], name[2]
    read.layers, read.hidden, read.batch, read.length = (int(part or 1) for part in name.groups()[2:6])
    read.bf16 = name[7] == "bf16"
    return read


arguments = read_arguments()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, str(arguments.threads))

import torch  # noqa: E402 - after the environment that it reads

functional = torch.nn.functional


class CharacterModel(torch.nn.Module):
    def __init__(self, cell, symbols, layers, hidden):
        super().__init__()
        kind = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell]
        self.embedding = torch.nn.Embedding(symbols, EMBEDDING)
        self.rnn = kind(EMBEDDING, hidden, layers)
        self.output = torch.nn.Linear(hidden, symbols)

    def forward(self, inputs, state):
        answers, state = self.rnn(self.embedding(inputs), state)
        return self.output(answers), state


def detached(state):
    if isinstance(state, tuple):
        return tuple(part.detach() for part in state)
    return state.detach()


def autocast():
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.bf16)


def made_up_text(rows):
    """Symbols [rows][batch]; symbol i is as frequent as 1 / (i + 2)."""
    weights = 1 / torch.arange(2, SYMBOLS + 2, dtype=torch.float64)
    drawn = torch.multinomial(weights, rows * arguments.batch, replacement=True)
    return drawn.view(rows, arguments.batch)


def steps_over(streams, model):
    """Yields after each step of training (or evaluation) over streams [time][batch]."""
    training, length = arguments.mode == "train", arguments.length
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, 2e-3, foreach=True)
    position, state = 0, None
    while True:
        if position + length + 1 > len(streams):
            position, state = 0, None
        inputs = streams[position:position + length]
        targets = streams[position + 1:position + length + 1]
        position += length
        with torch.set_grad_enabled(training):
            with autocast():
                logits, state = model(inputs, state)
            loss = functional.cross_entropy(logits.float().view(-1, SYMBOLS), targets.reshape(-1))
        state = detached(state)
        if training:
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 5.0)
            optimizer.step()
        yield inputs.numel()


def samples(model):
    """Yields after every 100 characters drawn in each stream."""
    batch = arguments.batch
    symbols, state = torch.zeros(1, batch, dtype=torch.long), None
    with torch.no_grad():
        while True:
            for _ in range(100):
                with autocast():
                    logits, state = model(symbols, state)
                chances = torch.softmax(logits[0].float(), -1)
                symbols = torch.multinomial(chances, 1).view(1, batch)
            yield 100 * batch


def measure(steps):
    """Characters per second of each step, once warm."""
    rates = []
    begun = time.perf_counter()
    while True:
        before = time.perf_counter()
        characters = next(steps)
        now = time.perf_counter()
        if before - begun >= arguments.warm_up:
            rates.append(characters / (now - before))
            if now - begun >= arguments.warm_up + arguments.seconds and len(rates) >= 3:
                return rates


def main():
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    model = CharacterModel(arguments.cell, SYMBOLS, arguments.layers, arguments.hidden)
    model.train(arguments.mode == "train")
    if arguments.mode == "sample":
        steps = samples(model)
    else:
        steps = steps_over(made_up_text(SEQUENCES * arguments.length + 1), model)
    rates = measure(steps)
    print(json.dumps({
        "program": f"PyTorch {torch.__version__}" + (" bf16" if arguments.bf16 else ""),
        "config": arguments.config,
        "threads": arguments.threads,
        "characters_per_second": round(statistics.median(rates), 1),
        "steps": len(rates),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }))


if __name__ == "__main__":
    main()
