# SPDX-License-Identifier: MIT
"""check_pytorch.py PROGRAM - model files and torch.nn, there and back.

Files that the library has made load into a plain module with strict=True; files
written from a module's state dict are loaded by the library, and come back with
the same bits. The safetensors package is not needed: the format is read and
written here as docs/model-file.md gives it. Exits with 77 where torch is not
installed.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError:
    print("skipped: this Python has no torch")
    sys.exit(77)


class Net(torch.nn.Module):
    def __init__(self, cell, num_layers, hidden_size, embedding_size, symbols, bias, tied_output,
                 ngrams=1, ngram_size=0, ngram_rows=0):
        super().__init__()
        kind = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell]
        if embedding_size:
            self.embedding = torch.nn.Embedding(symbols, embedding_size)
        if ngrams > 1:
            self.ngrams = torch.nn.Embedding((ngrams - 1) * ngram_rows, ngram_size)
        inputs = (embedding_size or symbols) + (ngrams - 1) * ngram_size
        self.rnn = kind(inputs, hidden_size, num_layers, bias=bias)
        self.output = torch.nn.Linear(hidden_size, symbols)
        if tied_output:
            self.output.weight = self.embedding.weight


def read(path):
    """Tensors and metadata of a file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", name
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors, metadata


def write(path, tensors, metadata):
    """A file in the order in which a dict happens to be, with a header of this
    JSON library's making: readers must not mind."""
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        raw = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def same_bits(a, b):
    return a.shape == b.shape and torch.equal(a.view(torch.int32), b.view(torch.int32))


def check(program, directory, cell, layers, embedding, ngrams, bias, tied):
    ours, theirs, back = (os.path.join(directory, name) for name in ("ours", "theirs", "back"))
    hidden = 6
    words = [cell, layers, hidden, embedding, ngrams, int(bias), int(tied), 11]
    subprocess.run([program, "make", ours, *map(str, words)], check=True)
    tensors, metadata = read(ours)
    assert metadata["format"] == "pt"
    configuration = json.loads(metadata["rnn.configuration"])
    assert configuration.pop("version") == (2 if ngrams > 1 else 1)
    assert configuration["cell"] == cell and configuration["num_layers"] == layers
    assert len(json.loads(metadata["rnn.vocabulary"])["symbols"]) == configuration["symbols"]

    net = Net(**configuration)
    net.load_state_dict(tensors, strict=True)
    for name, parameter in net.state_dict().items():
        assert same_bits(parameter, tensors[name]), name
    symbols = configuration["symbols"]
    inputs = torch.arange(5) % symbols
    features = net.embedding(inputs) if embedding else torch.nn.functional.one_hot(inputs, symbols)
    features = features.float()
    if ngrams > 1:
        found = torch.arange(ngrams - 1) * 20 + inputs[:, None]  # rows as they come
        features = torch.cat([features, net.ngrams(found).flatten(1)], -1)
    assert torch.isfinite(net.output(net.rnn(features.unsqueeze(1))[0])).all()

    for parameter in net.parameters():
        torch.nn.init.normal_(parameter)
    metadata["rnn.checksum"] = "none"
    write(theirs, net.state_dict(), metadata)
    subprocess.run([program, "copy", theirs, back], check=True)
    tensors, again = read(back)
    for name, parameter in net.state_dict().items():
        assert same_bits(parameter, tensors[name]), name
    assert set(tensors) == set(net.state_dict())
    assert len(again["rnn.checksum"]) == 16
    del metadata["rnn.checksum"], again["rnn.checksum"]
    assert metadata == again


def main():
    torch.manual_seed(5)
    cases = 0
    with tempfile.TemporaryDirectory() as directory:
        for cell in ("tanh", "gru", "lstm"):
            for layers in (1, 2, 3):
                for embedding, tied in ((0, False), (4, False), (6, False), (6, True)):
                    for bias in (True, False):
                        check(sys.argv[1], directory, cell, layers, embedding, layers, bias, tied)
                        cases += 1
    print(f"{cases} shapes, there and back")


main()
