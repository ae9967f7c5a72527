#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How fast PyTorch trains, evaluates and samples a character model on this machine.

    pytorch_speed.py TEXT --config lstm-2x512 --mode train --threads 2 --seconds 10

Prints one JSON object: characters per second (median over the measured steps),
steps, parameters, peak memory. Debian's PyTorch wants its OpenBLAS to share its
threads; bench/compare.py sets the environment that makes it so.
"""
import argparse
import json
import os
import resource
import statistics
import sys
import time

# cell, layers, hidden, batch, length; the embedding is 64 wide
CONFIGS = {
    "lstm-2x128": ("lstm", 2, 128, 50, 50),
    "lstm-2x512": ("lstm", 2, 512, 100, 100),
    "lstm-3x512": ("lstm", 3, 512, 50, 100),
    "gru-2x512": ("gru", 2, 512, 100, 100),
    "tanh-2x512": ("tanh", 2, 512, 100, 100),
}
EMBEDDING = 64


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("text")
    parser.add_argument("--config", choices=CONFIGS, default="lstm-2x512")
    parser.add_argument("--mode", choices=("train", "evaluate", "sample"), default="train")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=10, help="measured, after the warm-up")
    parser.add_argument("--warm-up", type=float, default=3, help="seconds")
    parser.add_argument("--bf16", action="store_true", help="autocast to bfloat16")
    return parser.parse_args()


arguments = read_arguments()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, str(arguments.threads))

import numpy  # noqa: E402 - after the environment that it reads
import torch  # noqa: E402

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


def steps_over(streams, model, symbols, length):
    """Yields after each step of training (or evaluation) over streams [time][batch]."""
    training = arguments.mode == "train"
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
            loss = functional.cross_entropy(logits.float().view(-1, symbols), targets.reshape(-1))
        state = detached(state)
        if training:
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 5.0)
            optimizer.step()
        yield inputs.numel()


def samples(model):
    """Yields after every 100 characters drawn at batch 1."""
    symbol, state = torch.zeros(1, 1, dtype=torch.long), None
    with torch.no_grad():
        while True:
            for _ in range(100):
                with autocast():
                    logits, state = model(symbol, state)
                chances = torch.softmax(logits[0, 0].float(), -1)
                symbol = torch.multinomial(chances, 1).view(1, 1)
            yield 100


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
    cell, layers, hidden, batch, length = CONFIGS[arguments.config]
    raw = numpy.fromfile(arguments.text, dtype=numpy.uint8)
    vocabulary, text = numpy.unique(raw, return_inverse=True)
    if len(text) < batch * (length + 2):
        sys.exit(f"{arguments.text} is too short for {batch} streams of {length} characters")
    model = CharacterModel(cell, len(vocabulary), layers, hidden)
    if arguments.mode == "sample":
        model.eval()
        steps = samples(model)
    else:
        model.train(arguments.mode == "train")
        stream = len(text) // batch
        streams = torch.from_numpy(text[:stream * batch].astype(numpy.int64))
        streams = streams.view(batch, stream).t().contiguous()
        steps = steps_over(streams, model, len(vocabulary), length)
    rates = measure(steps)
    print(json.dumps({
        "program": f"PyTorch {torch.__version__}" + (" bf16" if arguments.bf16 else ""),
        "mode": arguments.mode,
        "config": arguments.config,
        "threads": arguments.threads,
        "characters_per_second": round(statistics.median(rates), 1),
        "steps": len(rates),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }))


if __name__ == "__main__":
    main()
