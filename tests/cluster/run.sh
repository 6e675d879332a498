#!/usr/bin/env bash
# All of tests/cluster, on a cluster that nobody else uses: tests side by side, then those that take parts of it away.
set -euo pipefail
cd "$(dirname "$0")/../.."
.venv/bin/python -m dev.cluster up
.venv/bin/pytest -q -n 3 --dist loadfile -m "not destructive" tests/cluster
.venv/bin/pytest -q -m destructive tests/cluster
