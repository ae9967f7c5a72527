#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains in PyTorch what `rnn train` trains: the same network from the same initial
weights on the same batches. bench/curve.py puts the two beside each other.

    pytorch_curve.py TEXT INITIAL.safetensors --steps 1000,5000 --val-frac 0.1

Prints a JSON object for each number of steps: the loss on the held-out end of the
text, read as one stream from a zero state (the "stream" protocol).

Batches are those of src/text/batches.c, for a contiguous split: of N training
symbols N - 1 are read; B streams begin floor((N - 1) / B) apart and are read T
symbols a step, floor(stream / T) steps an epoch; each epoch begins with a zero
state and, but for the first, at an offset drawn from (seed, epoch).
"""
import argparse
import json
import math
import struct

import numpy
import torch

functional = torch.nn.functional
RANDOM_BATCHES = 3  # src/base/random.h


def philox(key, low, high):
    """Philox4x32-10, as src/base/random.c: four 32-bit words."""
    mask = 0xFFFFFFFF
    words = [low & mask, low >> 32, high & mask, high >> 32]
    keys = [key & mask, key >> 32]
    for _ in range(10):
        first, second = 0xD2511F53 * words[0], 0xCD9E8D57 * words[2]
        words = [(second >> 32) ^ words[1] ^ keys[0], second & mask,
                 (first >> 32) ^ words[3] ^ keys[1], first & mask]
        keys = [(keys[0] + 0x9E3779B9) & mask, (keys[1] + 0xBB67AE85) & mask]
    return words


def random_bits(seed, use, stream, index):
    words = philox(seed, index, use << 56 ^ stream)
    return words[1] << 32 | words[0]


class Batches:
    def __init__(self, symbols, batch, length, seed):
        inputs = len(symbols) - 1
        self.symbols, self.batch, self.length, self.seed = symbols, batch, length, seed
        self.stream = inputs // batch
        self.steps_an_epoch = self.stream // length
        self.slack = inputs - (batch - 1) * self.stream - self.steps_an_epoch * length

    def get(self, step):
        """Inputs and targets [T][B], and whether an epoch begins."""
        epoch, chunk = divmod(step, self.steps_an_epoch)
        offset = 0
        if epoch > 0:
            offset = random_bits(self.seed, RANDOM_BATCHES, 0, epoch) % (self.slack + 1)
        begins = torch.arange(self.batch) * self.stream + offset + chunk * self.length
        places = begins[None, :] + torch.arange(self.length)[:, None]
        return self.symbols[places], self.symbols[places + 1], chunk == 0


def read_safetensors(path):
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", name
        begin, end = entry["data_offsets"]
        array = numpy.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


class CharacterModel(torch.nn.Module):
    """Its shape follows from the weights' shapes; the file loads with strict=True."""

    def __init__(self, weights):
        super().__init__()
        rows, hidden = weights["rnn.weight_hh_l0"].shape
        layers = sum(name.startswith("rnn.weight_hh_l") for name in weights)
        self.symbols = weights["output.bias"].shape[0]
        width = weights["rnn.weight_ih_l0"].shape[1]
        self.embedding = None
        if "embedding.weight" in weights:
            self.embedding = torch.nn.Embedding(self.symbols, width)
        kind = {1: torch.nn.RNN, 3: torch.nn.GRU, 4: torch.nn.LSTM}[rows // hidden]
        self.rnn = kind(width, hidden, layers, bias="rnn.bias_hh_l0" in weights)
        self.output = torch.nn.Linear(hidden, self.symbols)
        self.load_state_dict(weights, strict=True)

    def forward(self, inputs, state):
        if self.embedding is not None:
            read = self.embedding(inputs)
        else:
            read = functional.one_hot(inputs, self.symbols).float()
        answers, state = self.rnn(read, state)
        return self.output(answers), state


def detached(state):
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def stream_loss(model, symbols):
    """Mean nats per character of all but the first, in one pass with the state carried."""
    model.eval()
    state, total = None, 0.0
    with torch.no_grad():
        for begin in range(0, len(symbols) - 1, 1000):
            end = min(begin + 1000, len(symbols) - 1)
            logits, state = model(symbols[begin:end, None], state)
            total += functional.cross_entropy(logits[:, 0], symbols[begin + 1:end + 1],
                                              reduction="sum").item()
    model.train()
    return total / (len(symbols) - 1)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("text")
    parser.add_argument("initial")
    parser.add_argument("--steps", default="1000,5000")
    parser.add_argument("--val-frac", type=float, default=0.1)
    parser.add_argument("--batch-size", type=int, default=50)
    parser.add_argument("--seq-length", type=int, default=50)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--clip-norm", type=float, default=5)
    parser.add_argument("--seed", type=int, default=123)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main():
    how = read_arguments()
    torch.set_num_threads(how.threads)
    weights = read_safetensors(how.initial)
    text = open(how.text, encoding="utf-8", newline="").read()
    vocabulary = {character: index for index, character in enumerate(sorted(set(text)))}
    model = CharacterModel(weights)
    if len(vocabulary) != model.symbols:
        raise SystemExit(f"{how.initial} has {model.symbols} symbols, the text {len(vocabulary)}")
    symbols = torch.tensor([vocabulary[character] for character in text])
    cut = math.floor(len(symbols) * (1 - how.val_frac) + 1e-6)
    batches = Batches(symbols[:cut], how.batch_size, how.seq_length, how.seed)

    optimizer = torch.optim.Adam(model.parameters(), how.learning_rate)
    stops = sorted(int(number) for number in how.steps.split(","))
    state = None
    for step in range(stops[-1]):
        inputs, targets, first = batches.get(step)
        logits, state = model(inputs, None if first else state)
        loss = functional.cross_entropy(logits.view(-1, model.symbols), targets.reshape(-1))
        state = detached(state)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), how.clip_norm)
        optimizer.step()
        if step + 1 in stops:
            print(json.dumps({"step": step + 1,
                              "nats_per_character": stream_loss(model, symbols[cut:])}),
                  flush=True)


if __name__ == "__main__":
    main()
