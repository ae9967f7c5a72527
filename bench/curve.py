#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does training here learn as PyTorch's does? The same network, the same initial
weights, the same batches, in both; the losses on the held-out end of the text are
printed side by side.

    bench/curve.py TEXT [--steps 1000,5000]

The text is cut 90/10 once; the network is an LSTM of 2 layers of 128, one-hot
characters, batches of 50 streams of 50 characters, Adam at 2e-3, gradients
clipped to norm 5. Losses are nats per character, read as one stream. Needs
PyTorch.
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEER = ROOT / "bench" / "peers" / "pytorch_curve.py"
SHAPE = ["--cell", "lstm", "--num-layers", "2", "--hidden-size", "128", "--embedding-size", "0"]
BATCHES = ["--batch-size", "50", "--seq-length", "50", "--val-frac", "0.1"]
STEPS = ["--learning-rate", "2e-3", "--clip-norm", "5"]


def ours(arguments, stops, folder):
    """The losses after each number of steps; the run is resumed from one to the next.
    Leaves the weights that it began with in initial/."""
    quiet = ["--quiet", "--sample-length", "0", "--seed", str(arguments.seed),
             "--threads", str(arguments.threads)]
    # one step too small to move a float: what comes out is what went in
    subprocess.run([arguments.rnn, "train", arguments.text, "--out", folder / "initial", *SHAPE,
                    *BATCHES, "--learning-rate", "1e-30", "--steps", "1", *quiet], check=True)
    held_out = folder / "held-out.txt"
    text = open(arguments.text, encoding="utf-8", newline="").read()
    cut = math.floor(len(text) * 0.9 + 1e-6)
    held_out.write_text(text[cut:], encoding="utf-8", newline="")
    losses = {}
    for stop in stops:
        begin = ["--resume", folder / "run"] if losses else [
            arguments.text, "--out", folder / "run", "--init-from",
            folder / "initial" / "last.safetensors", *SHAPE, *BATCHES, *STEPS]
        subprocess.run([arguments.rnn, "train", *begin, "--steps", str(stop), *quiet], check=True)
        answer = subprocess.run([arguments.rnn, "eval", folder / "run" / "last.safetensors",
                                 held_out, "--json"], check=True, capture_output=True).stdout
        losses[stop] = json.loads(answer)["nats_per_character"]
    return losses


def theirs(arguments, stops, folder):
    environment = dict(os.environ, OMP_PROC_BIND="close", OMP_NUM_THREADS=str(arguments.threads))
    for libraries in pathlib.Path("/usr/lib").glob("*/openblas-openmp"):
        environment["LD_LIBRARY_PATH"] = str(libraries)
    answer = subprocess.run(
        [arguments.python, PEER, arguments.text, folder / "initial" / "last.safetensors",
         "--steps", ",".join(map(str, stops)), *BATCHES, *STEPS, "--seed", str(arguments.seed),
         "--threads", str(arguments.threads)],
        check=True, env=environment, capture_output=True, text=True).stdout
    points = map(json.loads, answer.splitlines())
    return {point["step"]: point["nats_per_character"] for point in points}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("text")
    parser.add_argument("--steps", default="1000,5000")
    parser.add_argument("--seed", type=int, default=123)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rnn", default=str(ROOT / "build" / "release" / "rnn"))
    parser.add_argument("--python", default=sys.executable, help="the one that has torch")
    arguments = parser.parse_args()
    stops = sorted(int(number) for number in arguments.steps.split(","))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        here = ours(arguments, stops, folder)
        there = theirs(arguments, stops, folder)
    print("held-out nats per character\n step    ours  PyTorch  difference")
    for stop in stops:
        print(f"{stop:5d}  {here[stop]:6.4f}   {there[stop]:6.4f}     {here[stop] - there[stop]:+.4f}")


if __name__ == "__main__":
    main()
