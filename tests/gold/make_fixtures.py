#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the fixtures of this folder with PyTorch: what networks, optimizers and
schedules must answer.

    python3 make_fixtures.py [FOLDER]

Needs torch and numpy only. Weights and inputs are float32 numbers; everything
that follows from them is computed in float64 and rounded once, so the fixtures
are the truth to the last bit or so, whoever makes them. The same versions write
the same bytes.

networks/*.safetensors
    metadata  cell, layers, hidden, embedding, symbols, bias, tied, batch, length, and of those
              with n-grams ngrams, ngram_size, ngram_rows
    param.*   parameters under PyTorch's names; grad.* gradients of the mean loss
    inputs, targets [T][B] I32 (a target of -1 is not counted)
    h0, hn [L][B][H], c0, cn for the LSTM
    before0, beforen [ngrams - 1][B]: the symbols read last, the latest first, -1 for none
    logits [T][B][V], losses [T][B], loss [1]: their mean over the counted ones
traces/CELL.safetensors
    each step of a network, and the same with units held
    metadata  as above; clamps: layer unit value ...
    param.*, inputs [T][B] I32, h0, c0 as above
    h, c [L][T][B][H]; gates [L][G][T][B][H]: i f g o, or r z n, after their nonlinearities
    logits [T][B][V]; and held_h, held_c, held_logits
optimizers.safetensors
    initial [P], gradients [20][P], NAME [20][P]: parameters after each step
    metadata "case.NAME": kind rate momentum alpha beta1 beta2 epsilon weight_decay
    clip_value clip_norm
dynamic.safetensors
    dynamic evaluation of a small network, one-hot, with biases
    metadata  cell, layers, hidden, symbols, segment, stretches, segments, gathered (the
    end of the text that spreads are gathered from; what is behind it is scored)
    param.*, text [N] I32
    cases [n][3]: rate, decay, and through how many characters no weight moves
    nats [n]: the mean loss
schedules.safetensors
    NAME [steps] F64: the rate of each step
    metadata "case.NAME": kind rate warmup_steps decay_factor decay_after
    decay_every steps_an_epoch steps
"""
import json
import math
import pathlib
import struct
import sys

import numpy
import torch

STEPS = 20


def save(path, tensors, metadata):
    """A safetensors file in the reference writer's order: wide elements first, then names."""
    kinds = {"float32": "F32", "float64": "F64", "int32": "I32"}
    arrays = {}
    for name, tensor in tensors.items():
        array = numpy.asarray(tensor.detach().numpy() if torch.is_tensor(tensor) else tensor)
        if array.dtype == numpy.float64 and not name.startswith("rate."):
            array = array.astype(numpy.float32)
        arrays[name] = numpy.ascontiguousarray(array)
    header = {"__metadata__": dict(sorted((key, str(value)) for key, value in metadata.items()))}
    offset = 0
    ordered = sorted(arrays.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))
    for name, array in ordered:
        header[name] = {
            "dtype": kinds[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, array in ordered:
            file.write(array.tobytes())


class Numbers:
    """Random float32 numbers that depend on nothing but the seed (numpy's PCG64)."""

    def __init__(self, seed):
        self.generator = numpy.random.Generator(numpy.random.PCG64(seed))

    def normal(self, shape, spread):
        numbers = self.generator.standard_normal(shape) * spread
        return torch.from_numpy(numbers.astype(numpy.float32).astype(numpy.float64))

    def integers(self, shape, limit):
        return torch.from_numpy(self.generator.integers(0, limit, shape, dtype=numpy.int64))


def ngram_rows_of(inputs, before, rows):
    """Rows of the table for each character, [ngrams - 1][T][B]: src/compute/ngrams.h."""
    read = torch.cat([before.flip(0), inputs])
    found = torch.zeros(len(before), *inputs.shape, dtype=torch.int64)
    for time in range(len(inputs)):
        for stream in range(inputs.shape[1]):
            number = 0
            for n in range(len(before) + 1):
                key = int(read[len(before) + time - n, stream])
                number = (number + key + 2) * 0x9E3779B97F4A7C15 % 2**64
                number ^= number >> 32
                if n > 0:
                    found[n - 1, time, stream] = (n - 1) * rows + number % rows
    return found, read.flip(0)[:len(before)]


def network_fixture(folder, name, seed, cell, layers, hidden=7, embedding=0, symbols=11, batch=3,
                    length=6, bias=True, tied=False, uncounted=False, ngrams=1, ngram_size=3,
                    ngram_rows=29):
    numbers = Numbers(seed)
    width = (embedding or symbols) + (ngrams - 1) * ngram_size
    kind = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell]
    rnn = kind(width, hidden, layers, bias=bias).double()
    output = torch.nn.Linear(hidden, symbols).double()
    modules = {"rnn": rnn, "output": output}
    if embedding:
        modules["embedding"] = torch.nn.Embedding(symbols, embedding).double()
    if ngrams > 1:
        modules["ngrams"] = torch.nn.Embedding((ngrams - 1) * ngram_rows, ngram_size).double()
    module = torch.nn.ModuleDict(modules)
    for _, parameter in sorted(module.named_parameters()):
        spread = 1.0 / math.sqrt(parameter.shape[-1]) if parameter.dim() > 1 else 0.3
        parameter.data = numbers.normal(tuple(parameter.shape), 1.3 * spread)
    if tied:
        output.weight = modules["embedding"].weight

    inputs = numbers.integers((length, batch), symbols)
    targets = numbers.integers((length, batch), symbols)
    if uncounted:
        targets[0, 0] = targets[length - 1, batch - 1] = targets[length // 2, :] = -1
    h0 = numbers.normal((layers, batch, hidden), 0.5)
    c0 = numbers.normal((layers, batch, hidden), 0.8)

    if embedding:
        read = modules["embedding"](inputs)
    else:
        read = torch.nn.functional.one_hot(inputs, symbols).double()
    if ngrams > 1:
        before = numbers.integers((ngrams - 1, batch), symbols + 1) - 1
        found, after = ngram_rows_of(inputs, before, ngram_rows)
        read = torch.cat([read, *modules["ngrams"](found)], -1)
    answers, state = rnn(read, (h0, c0) if cell == "lstm" else h0)
    logits = output(answers)
    losses = torch.nn.functional.cross_entropy(
        logits.view(-1, symbols), targets.view(-1), ignore_index=-1, reduction="none")
    loss = losses.sum() / (targets >= 0).sum()
    loss.backward()

    tensors = {
        "inputs": inputs.int(), "targets": targets.int(), "h0": h0, "logits": logits,
        "losses": losses.view(length, batch), "loss": loss.view(1),
        "hn": state[0] if cell == "lstm" else state,
    }
    if cell == "lstm":
        tensors["c0"], tensors["cn"] = c0, state[1]
    if ngrams > 1:
        tensors["before0"], tensors["beforen"] = before.float(), after.float()
    # named_parameters names a shared tensor once, by the first module that holds it
    for parameter_name, parameter in module.named_parameters():
        if tied and parameter_name == "output.weight":
            parameter_name = "embedding.weight"
        tensors["param." + parameter_name] = parameter
        tensors["grad." + parameter_name] = parameter.grad
    save(folder / "networks" / (name + ".safetensors"), tensors, {
        "cell": cell, "layers": layers, "hidden": hidden, "embedding": embedding,
        "symbols": symbols, "bias": int(bias), "tied": int(tied), "batch": batch,
        "length": length, **({"ngrams": ngrams, "ngram_size": ngram_size,
                              "ngram_rows": ngram_rows} if ngrams > 1 else {})})


def network_fixtures(folder):
    seed = 1
    for cell in ("tanh", "gru", "lstm"):
        for layers in (1, 2, 3):
            for embedding in (0, 5):
                name = f"{cell}-{layers}-" + ("embedding" if embedding else "onehot")
                network_fixture(folder, name, seed, cell, layers, embedding=embedding)
                seed += 1
        variants = {
            "nobias": dict(layers=2, bias=False),
            "tied": dict(layers=2, embedding=7, tied=True),
            "uncounted": dict(layers=1, uncounted=True),
            "hidden16": dict(layers=2, hidden=16, embedding=8, batch=5, length=4),
            "hidden33": dict(layers=1, hidden=33, symbols=13, batch=4, length=4),
            "single": dict(layers=2, hidden=9, batch=1, length=1),
        }
        for variant, settings in variants.items():
            network_fixture(folder, f"{cell}-{variant}", seed, cell, **settings)
            seed += 1
    for cell in ("tanh", "gru", "lstm"):
        for variant, settings in {
            "ngrams-onehot": dict(layers=1, ngrams=4),
            "ngrams-embedding": dict(layers=2, embedding=5, ngrams=2, ngram_size=6),
            "ngrams-hidden16": dict(layers=1, hidden=16, symbols=13, batch=5, length=4, ngrams=3,
                                    ngram_size=16),
        }.items():
            network_fixture(folder, f"{cell}-{variant}", seed, cell, **settings)
            seed += 1


def steps_of(cell, rnn, layers, rows, h0, c0, held):
    """The equations of torch.nn's documentation, step by step; `held` has {unit: value} for
    each layer. Lists [L] of h, c [T][B][H] and of gates [G][T][B][H]."""
    hs, cs, gates = [], [], []
    for layer in range(layers):
        w_ih, w_hh, b_ih, b_hh = (
            getattr(rnn, f"{name}_l{layer}") for name in
            ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        h, c = h0[layer], c0[layer]
        every_h, every_c, every_gate = [], [], []
        for x in rows:
            read, kept = x @ w_ih.T + b_ih, h @ w_hh.T + b_hh
            if cell == "tanh":
                h, step = torch.tanh(read + kept), []
            elif cell == "lstm":
                i, f, g, o = (read + kept).chunk(4, -1)
                i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
                c, step = f * c + i * g, [i, f, g, o]
            else:
                (r, z, n), (kept_r, kept_z, kept_n) = read.chunk(3, -1), kept.chunk(3, -1)
                r, z = torch.sigmoid(r + kept_r), torch.sigmoid(z + kept_z)
                n = torch.tanh(n + r * kept_n)
                h, step = (1 - z) * n + z * h, [r, z, n]
            for unit, value in held[layer].items():
                (c if cell == "lstm" else h)[:, unit] = \
                    math.atanh(value) if cell == "lstm" else value
            if cell == "lstm":
                h = step[3] * torch.tanh(c)
            every_h.append(h)
            every_c.append(c)
            every_gate.append(torch.stack(step) if step else torch.zeros(0))
        rows = torch.stack(every_h)
        hs.append(rows)
        cs.append(torch.stack(every_c))
        gates.append(torch.stack(every_gate, 1) if every_gate[0].numel() else None)
    return hs, cs, gates


def trace_fixtures(folder, layers=2, hidden=9, embedding=4, symbols=8, batch=2, length=7):
    clamps = [(0, 2, 0.75), (0, 8, -0.5), (1, 0, -0.9)]
    for seed, cell in enumerate(("tanh", "gru", "lstm"), 3000):
        numbers = Numbers(seed)
        kind = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell]
        module = torch.nn.ModuleDict({
            "embedding": torch.nn.Embedding(symbols, embedding).double(),
            "rnn": kind(embedding, hidden, layers).double(),
            "output": torch.nn.Linear(hidden, symbols).double()})
        for _, parameter in sorted(module.named_parameters()):
            parameter.data = numbers.normal(tuple(parameter.shape), 0.6)
        inputs = numbers.integers((length, batch), symbols)
        h0 = numbers.normal((layers, batch, hidden), 0.5)
        c0 = numbers.normal((layers, batch, hidden), 0.8)
        tensors = {"inputs": inputs.int(), "h0": h0, "c0": c0}
        with torch.no_grad():
            read = module["embedding"](inputs)
            for prefix in ("", "held_"):
                held = [{unit: value for at, unit, value in clamps if at == layer and prefix}
                        for layer in range(layers)]
                h, c, gates = steps_of(cell, module["rnn"], layers, read, h0, c0, held)
                tensors[prefix + "h"] = torch.stack(h)
                tensors[prefix + "logits"] = module["output"](h[-1])
                if cell == "lstm":
                    tensors[prefix + "c"] = torch.stack(c)
                if cell != "tanh" and not prefix:
                    tensors["gates"] = torch.stack(gates)
            answers, _ = module["rnn"](read, (h0, c0) if cell == "lstm" else h0)
            assert torch.allclose(answers, tensors["h"][-1], rtol=0, atol=1e-12)
        for name, parameter in module.named_parameters():
            tensors["param." + name] = parameter
        save(folder / "traces" / (cell + ".safetensors"), tensors, {
            "cell": cell, "layers": layers, "hidden": hidden, "embedding": embedding,
            "symbols": symbols, "bias": 1, "tied": 0, "batch": batch, "length": length,
            "clamps": " ".join(repr(number) for clamp in clamps for number in clamp)})


def optimizer_fixtures(folder):
    count = 43  # the parameters of a tanh network with 4 symbols, 1 layer of 3 units
    numbers = Numbers(1000)
    initial = numbers.normal(count, 1.0)
    gradients = numbers.normal((STEPS, count), 1.0) * torch.linspace(3, 0.1, STEPS)[:, None]
    gradients[4] = 0
    gradients = gradients.float().double()
    optim = torch.optim
    plain = dict(momentum=0.0, alpha=0.95, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0,
                 clip_value=0.0, clip_norm=0.0)
    cases = {
        "sgd": (optim.SGD, dict(rate=0.05)),
        "sgd_momentum": (optim.SGD, dict(rate=0.02, momentum=0.9)),
        "sgd_momentum_decay": (optim.SGD, dict(rate=0.02, momentum=0.9, weight_decay=0.1)),
        "rmsprop": (optim.RMSprop, dict(rate=0.01)),
        "rmsprop_decay": (optim.RMSprop, dict(rate=0.01, alpha=0.8, epsilon=1e-2,
                                              weight_decay=0.1)),
        "adagrad": (optim.Adagrad, dict(rate=0.1, epsilon=1e-10)),
        "adagrad_decay": (optim.Adagrad, dict(rate=0.1, epsilon=1e-2, weight_decay=0.1)),
        "adam": (optim.Adam, dict(rate=0.01)),
        "adam_decay": (optim.Adam, dict(rate=0.01, beta1=0.8, beta2=0.99, epsilon=1e-2,
                                        weight_decay=0.1)),
        "adamw": (optim.AdamW, dict(rate=0.01)),
        "adamw_decay": (optim.AdamW, dict(rate=0.01, weight_decay=0.3)),
        "sgd_clip_norm": (optim.SGD, dict(rate=0.05, clip_norm=2.5)),
        "sgd_clip_value": (optim.SGD, dict(rate=0.05, clip_value=0.5)),
        "adam_clip_both": (optim.Adam, dict(rate=0.01, clip_value=1.0, clip_norm=3.0)),
    }
    tensors = {"initial": initial, "gradients": gradients}
    metadata = {}
    for name, (kind, settings) in cases.items():
        how = {**plain, **settings}
        parameter = torch.nn.Parameter(initial.clone())
        arguments = dict(lr=how["rate"], weight_decay=how["weight_decay"])
        if kind is optim.SGD:
            arguments.update(momentum=how["momentum"])
        else:
            arguments.update(eps=how["epsilon"])
        if kind is optim.RMSprop:
            arguments.update(alpha=how["alpha"])
        if kind in (optim.Adam, optim.AdamW):
            arguments.update(betas=(how["beta1"], how["beta2"]))
        optimizer = kind([parameter], **arguments)
        after = []
        for gradient in gradients:
            parameter.grad = gradient.clone()
            if how["clip_value"]:
                torch.nn.utils.clip_grad_value_([parameter], how["clip_value"])
            if how["clip_norm"]:
                torch.nn.utils.clip_grad_norm_([parameter], how["clip_norm"])
            optimizer.step()
            after.append(parameter.detach().clone())
        tensors[name] = torch.stack(after)
        kinds = [optim.SGD, optim.RMSprop, optim.Adagrad, optim.Adam, optim.AdamW]
        metadata["case." + name] = " ".join(
            repr(number) for number in [kinds.index(kind), how["rate"], how["momentum"],
                                        how["alpha"], how["beta1"], how["beta2"], how["epsilon"],
                                        how["weight_decay"], how["clip_value"], how["clip_norm"]])
    save(folder / "optimizers.safetensors", tensors, metadata)


def dynamic_fixture(folder, layers=2, hidden=6, symbols=8, segment=7, stretches=3, segments=24,
                    gathered=115, length=300):
    """Dynamic evaluation (Krause et al. 2018) with spreads relative to their mean; epsilon
    is 0.01 of it. A text that repeats itself, so that there is something to learn."""
    numbers = Numbers(2000)
    rnn = torch.nn.LSTM(symbols, hidden, layers).double()
    output = torch.nn.Linear(hidden, symbols).double()
    module = torch.nn.ModuleDict({"rnn": rnn, "output": output})
    parameters = [parameter for _, parameter in sorted(module.named_parameters())]
    for parameter in parameters:
        parameter.data = numbers.normal(tuple(parameter.shape), 0.4)
    origin = [parameter.detach().clone() for parameter in parameters]
    phrase = numbers.integers(23, symbols).repeat(length)[:length]
    noise = numbers.integers(length, symbols)
    text = torch.where(numbers.integers(length, 5) == 0, noise, phrase)

    def read(begin, end, state):
        """The segment from `begin`: its losses, with gradients, and the state behind it."""
        count = min(segment, end - 1 - begin)
        inputs = torch.nn.functional.one_hot(text[begin:begin + count], symbols).double()
        answers, state = rnn(inputs[:, None], state)
        losses = torch.nn.functional.cross_entropy(
            output(answers)[:, 0], text[begin + 1:begin + 1 + count], reduction="none")
        module.zero_grad()
        losses.mean().backward()
        return losses.detach(), tuple(part.detach() for part in state)

    def zero():
        return (torch.zeros(layers, 1, hidden).double(),) * 2

    squares, count, stretch = [torch.zeros_like(p) for p in parameters], 0, gathered // stretches
    for i in range(stretches):
        place, end, state = i * stretch, (i + 1) * stretch, zero()
        for _ in range(segments // stretches):
            if place + 1 >= end:
                break
            losses, state = read(place, end, state)
            squares = [s + p.grad ** 2 for s, p in zip(squares, parameters)]
            place, count = place + len(losses), count + 1
    spreads = [(s / count).sqrt() for s in squares]
    mean = torch.cat([s.flatten() for s in spreads]).mean()

    cases, nats = [(0, 0, 0), (0.003, 0, 0), (0.01, 0.05, 0), (0.03, 3, 0), (0.03, 0.1, 35)], []
    for rate, decay, still in cases:
        for parameter, start in zip(parameters, origin):
            parameter.data = start.clone()
        place, state, total = gathered, zero(), []
        while place + 1 < length:
            losses, state = read(place, length, state)
            if place - gathered >= still:
                for parameter, start, spread in zip(parameters, origin, spreads):
                    relative = spread / mean
                    back = (decay * relative).clamp(max=1) * (start - parameter.data)
                    parameter.data += back - rate * (parameter.grad / mean) / (relative + 0.01)
            total.append(losses)
            place += len(losses)
        nats.append(torch.cat(total).mean())
    for parameter, start in zip(parameters, origin):
        parameter.data = start
    tensors = {"text": text.int(), "cases": torch.tensor(cases).double(), "nats": torch.stack(nats)}
    for name, parameter in module.named_parameters():
        tensors["param." + name] = parameter
    save(folder / "dynamic.safetensors", tensors, {
        "cell": "lstm", "layers": layers, "hidden": hidden, "symbols": symbols,
        "segment": segment, "stretches": stretches, "segments": segments, "gathered": gathered})


def schedule_fixtures(folder):
    """Rates step by step. Decays are torch's LambdaLR and StepLR over whole epochs; warm-up
    climbs in equal steps to the full rate, which is first used at step `warmup_steps`."""
    lr_scheduler = torch.optim.lr_scheduler
    epoch, steps = 7, 70
    cases = {
        "constant": dict(kind=0),
        "epoch_decay": dict(kind=1, decay_factor=0.97, decay_after=4),
        "step_decay": dict(kind=2, decay_factor=0.5, decay_every=3),
        "cosine": dict(kind=3, warmup_steps=0),
        "cosine_warmup": dict(kind=3, warmup_steps=10),
        "linear": dict(kind=4, warmup_steps=0),
        "linear_warmup": dict(kind=4, warmup_steps=10),
        "constant_warmup": dict(kind=0, warmup_steps=10),
    }
    tensors, metadata = {}, {}
    for name, settings in cases.items():
        how = dict(rate=2e-3, warmup_steps=0, decay_factor=1.0, decay_after=0, decay_every=1)
        how.update(settings)
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], how["rate"])
        warmup, after = how["warmup_steps"], how["decay_after"]
        if how["kind"] == 0:
            main = lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)
        elif how["kind"] == 1:
            # char-rnn lowers the rate at the end of each epoch from `decay_after` on
            main = lr_scheduler.LambdaLR(
                optimizer, lambda step: how["decay_factor"] ** max(0, step // epoch - after + 1))
        elif how["kind"] == 2:
            main = lr_scheduler.StepLR(optimizer, epoch * how["decay_every"], how["decay_factor"])
        elif how["kind"] == 3:
            main = lr_scheduler.CosineAnnealingLR(optimizer, steps - warmup)
        else:
            main = lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps - warmup)
        rates = []
        for step in range(steps):
            if step < warmup:
                rates.append(how["rate"] * (step + 1) / (warmup + 1))
                continue
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            main.step()
        tensors["rate." + name] = numpy.array(rates)
        metadata["case." + name] = " ".join(
            repr(number) for number in [how["kind"], how["rate"], warmup, how["decay_factor"],
                                        after, how["decay_every"], epoch, steps])
    save(folder / "schedules.safetensors", tensors, metadata)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    torch.set_num_threads(1)
    network_fixtures(folder)
    trace_fixtures(folder)
    optimizer_fixtures(folder)
    dynamic_fixture(folder)
    schedule_fixtures(folder)


if __name__ == "__main__":
    main()
