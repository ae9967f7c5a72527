#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_pytorch.sh SOURCE BUILD - runs check_pytorch.py with a Python that has torch.
set -eu
for python in python3 /usr/bin/python3; do
    if command -v "$python" >/dev/null 2>&1 && "$python" -c 'import torch' 2>/dev/null; then
        exec "$python" "$1/tests/model/check_pytorch.py" "$2/model_exchange"
    fi
done
echo "skipped: no Python here has torch"
exit 77
