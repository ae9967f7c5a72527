#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_page.sh SOURCE BUILD - the page in a real Chromium (page.py); pictures of it are left
# in BUILD/page.
set -eu
command -v python3 >/dev/null || {
    echo "skipped: python3 is not installed"
    exit 77
}
exec python3 -B "$1/tests/server/page.py" "$2/rnn" "$2/page"
