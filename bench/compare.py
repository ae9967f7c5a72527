#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ours beside PyTorch, in turn, on this machine: characters per second.

    bench/compare.py [--config lstm-2x512] [--mode train] [--rounds 3] [--seconds 10]

Machines differ and drift, so only ratios taken side by side count: each round runs
the one and then the other, and the ratio of each pair is printed before the
medians. Without PyTorch only ours is measured.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEER = ROOT / "bench" / "peers" / "pytorch_speed.py"
HEADERS = pathlib.Path("/usr/include/linux")

# Must mean the same as CONFIGS in peers/pytorch_speed.py.
CONFIGS = {
    "lstm-2x128": "--cell lstm --num-layers 2 --hidden-size 128 --batch-size 50 --seq-length 50",
    "lstm-2x512": "--cell lstm --num-layers 2 --hidden-size 512 --batch-size 100 --seq-length 100",
    "lstm-3x512": "--cell lstm --num-layers 3 --hidden-size 512 --batch-size 50 --seq-length 100",
    "gru-2x512": "--cell gru --num-layers 2 --hidden-size 512 --batch-size 100 --seq-length 100",
    "tanh-2x512": "--cell tanh --num-layers 2 --hidden-size 512 --batch-size 100 --seq-length 100",
}


def train(arguments, text, folder, budget):
    """Trains for `budget`; the rates that its log tells of, the first left out."""
    command = [arguments.rnn, "train", text, "--out", str(folder), "--quiet",
               "--embedding-size", "64", "--optimizer", "adam", "--learning-rate", "2e-3",
               "--clip-norm", "5", "--threads", str(arguments.threads), "--cpu", arguments.cpu,
               "--eval-every", "1000000000", "--checkpoint-every", "1000000000",
               "--sample-length", "0", "--print-every", "1", "--val-frac", "0.01",
               *CONFIGS[arguments.config].split(), *budget]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    events = [json.loads(line) for line in open(folder / "log.jsonl")]
    rates = [event["characters_per_second"] for event in events if event["event"] == "progress"]
    return rates[len(rates) // 4:]


def ours_train(arguments, text, folder):
    budget = ["--time", f"{arguments.seconds + arguments.warm_up}s"]
    return statistics.median(train(arguments, text, folder / "run", budget))


def timed(command):
    begun = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun, done.stdout


def model(arguments, text, folder):
    """A model of the right shape; two steps old, for its speed does not depend on its wit."""
    run = folder / "model"
    if not (run / "last.safetensors").exists():
        train(arguments, text, run, ["--steps", "2"])
    return str(run / "last.safetensors")


def ours_evaluate(arguments, text, folder):
    # windows side by side, as PyTorch reads its streams
    seconds, answer = timed([arguments.rnn, "eval", model(arguments, text, folder), text, "--json",
                             "--protocol", "cold", "--window", "10000", "--threads",
                             str(arguments.threads), "--cpu", arguments.cpu])
    return json.loads(answer)["characters"] / seconds


def ours_sample(arguments, text, folder):
    """The difference of a long and a short sample, so that loading does not count."""
    def seconds(characters):
        return timed([arguments.rnn, "sample", model(arguments, text, folder), "--length",
                      str(characters), "--threads", str(arguments.threads), "--cpu",
                      arguments.cpu])[0]
    few, many = 1000, 4000
    short = seconds(few)
    while True:
        long = seconds(many)
        if long - short >= arguments.seconds / 3 or many > 10_000_000:
            return (many - few) / (long - short)
        many *= 3


def peer(arguments, text):
    """PyTorch's figure, or None where it is not installed."""
    environment = dict(os.environ, OMP_PROC_BIND="close")
    # Debian: PyTorch's threads and OpenBLAS's own get in each other's way; the
    # OpenMP build of OpenBLAS shares PyTorch's.
    for folder in pathlib.Path("/usr/lib").glob("*/openblas-openmp"):
        environment["LD_LIBRARY_PATH"] = str(folder)
    command = [arguments.python, str(PEER), text, "--config", arguments.config, "--mode",
               arguments.mode, "--threads", str(arguments.threads), "--seconds",
               str(arguments.seconds), "--warm-up", str(arguments.warm_up)]
    if arguments.bf16:
        command.append("--bf16")
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        if re.search("No module named '(torch|numpy)'", done.stderr):
            return None
        sys.exit(done.stderr)
    return json.loads(done.stdout)["characters_per_second"]


def corpus(arguments, folder):
    """One file for both: the text that was named, or the machine's kernel headers."""
    if arguments.text:
        return arguments.text
    headers = sorted(HEADERS.glob("*.h"))
    if not headers:
        sys.exit(f"{HEADERS} has no headers to read: name a text with --text")
    path = folder / "headers.txt"
    path.write_bytes(b"".join(header.read_bytes() for header in headers))
    return str(path)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--config", choices=CONFIGS, default="lstm-2x512")
    parser.add_argument("--mode", choices=("train", "evaluate", "sample"), default="train")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="measured in each run")
    parser.add_argument("--warm-up", type=float, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0))
                        if hasattr(os, "sched_getaffinity") else os.cpu_count())
    parser.add_argument("--cpu", default="auto", help="our instruction set: generic, avx2, ...")
    parser.add_argument("--bf16", action="store_true", help="PyTorch in bfloat16")
    parser.add_argument("--text", help="a text file; the kernel headers unless given")
    parser.add_argument("--rnn", default=str(ROOT / "build" / "release" / "rnn"))
    parser.add_argument("--python", default=sys.executable, help="the one that has torch")
    return parser.parse_args()


def main():
    arguments = read_arguments()
    measure = {"train": ours_train, "evaluate": ours_evaluate,
               "sample": ours_sample}[arguments.mode]
    print(f"{arguments.mode} {arguments.config}, {arguments.threads} threads: "
          "characters per second")
    print("   ours  PyTorch  ratio")
    pairs = []
    with tempfile.TemporaryDirectory() as name:
        text = corpus(arguments, pathlib.Path(name))
        for each in range(arguments.rounds):
            folder = pathlib.Path(name) / str(each)
            folder.mkdir()
            ours, theirs = measure(arguments, text, folder), peer(arguments, text)
            pairs.append((ours, theirs))
            print(f"{ours:7.0f}  {theirs:7.0f}  {ours / theirs:5.2f}" if theirs
                  else f"{ours:7.0f}  not installed", flush=True)
    ours = statistics.median(pair[0] for pair in pairs)
    if all(pair[1] for pair in pairs):
        theirs = statistics.median(pair[1] for pair in pairs)
        ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
        print(f"{ours:7.0f}  {theirs:7.0f}  {ratio:5.2f}  median")
    else:
        print(f"{ours:7.0f}  median")


if __name__ == "__main__":
    main()
