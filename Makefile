# Two commands do everything on a fresh Debian with Python, Go, Rust and Node: `make demo` and `make test`.
# KUBECONFIG or CONTEXT=name chooses a cluster; without them a local one is built, started and used.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv/bin
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo)
CARGO  := cd gateway && cargo
BY_FILE := --dist loadfile --no-loadscope-reorder # a file stays with a worker; those of slow tests begin
GENTLY := nice -n 10 # what computes gives way to pods, which have the CPU shares of their small requests
export CONTEXT
export PATH := $(PATH):$(HOME)/.cargo/bin
export MYPY_CACHE_DIR ?= $(or $(INFEROPS_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/inferops)/mypy
export CARGO_TARGET_DIR ?= $(or $(INFEROPS_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/inferops)/cargo

.PHONY: help demo up install down programs test test-installed test-from-source test-without-pods lint types test-unit test-apiserver test-ledger test-gateway test-cluster test-e2e test-console test-long bench-instances bench-operator bench-gateway bench-prefix bench-scaling bench-metering bench-api bench-console golden crds openapi

help: ## what there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.venv/.done: pyproject.toml uv.lock
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || (command -v sudo >/dev/null && sudo apt-get install -qy python3-venv || apt-get install -qy python3-venv)
	@test -x $(VENV)/uv || ($(PYTHON) -m venv .venv && $(VENV)/pip install -q uv)
	@$(VENV)/uv sync -q --frozen
	@cargo --version >/dev/null || (echo "cargo: missing. Install Rust 1.85 or later (https://rustup.rs)" && false)
	@$(VENV)/python -c 'from dev.console import ensure_node; ensure_node()'
	@$(VENV)/python -m dev.cluster packages && touch $@

demo: up ## a cluster, the chart, the examples, and three real answers
	@$(VENV)/python -m dev.demo

up: .venv/.done ## a cluster with inferops on it; harmless to repeat
	@$(VENV)/python -m dev.install

down: .venv/.done ## the local cluster and all its traces away
	@$(VENV)/python -m dev.cluster down

programs: .venv/.done # what all below need is built once, before they run side by side
	@$(VENV)/python -m dev.cluster build >/dev/null
	@$(VENV)/python -m dev.images build inferops gateway engine vllm >/dev/null
	@$(VENV)/python -m dev.images module >/dev/null

test: programs ## everything, each cluster beside what needs none; a part's output comes whole, when it ends
	@PATIENCE=4 PYTEST_ADDOPTS="--reruns 1 --reruns-delay 5 -raR" $(MAKE) --no-print-directory --keep-going --jobs=3 --output-sync=target test-installed test-from-source test-without-pods

test-installed: # one after the other: some of the first harm what the second looks at
	@$(MAKE) --no-print-directory --jobs=1 test-e2e test-console

test-from-source: # the operator on pods, then the gateway; as long as what the other two lanes do
	@$(MAKE) --no-print-directory --jobs=1 test-cluster test-gateway

test-without-pods: # what computes first, then what mostly waits
	@$(MAKE) --no-print-directory --jobs=1 lint types test-unit test-apiserver test-ledger

lint: .venv/.done ## ruff and the direction of imports, clippy, ESLint and prettier
	@$(GENTLY) $(VENV)/ruff check . && $(VENV)/ruff format --check . && $(VENV)/lint-imports
	@$(CARGO) fmt --check && cargo clippy -q --locked --all-targets -- -D warnings
	@$(GENTLY) $(VENV)/python -m dev.console lint

types: .venv/.done ## mypy and TypeScript, strict
	@$(GENTLY) $(VENV)/mypy
	@$(GENTLY) $(VENV)/python -m dev.console types

test-unit: .venv/.done ## pure code and golden files, seconds
	@$(GENTLY) $(VENV)/pytest -q tests/unit tests/golden
	@cd dev/images/engine && go test ./...
	@$(CARGO) test -q --locked
	@$(GENTLY) $(VENV)/python -m dev.console test

test-ledger: .venv/.done ## usage, prices and replicas in a real SQLite and a real PostgreSQL
	@$(VENV)/python -m dev.cluster build kube-apiserver etcd kubectl && $(GENTLY) $(VENV)/pytest -q -n 2 $(BY_FILE) tests/ledger

test-apiserver: .venv/.done ## a real API server: schemas, rules, the operator without pods
	@$(VENV)/python -m dev.cluster build kube-apiserver etcd kubectl && $(GENTLY) $(VENV)/pytest -q -n 4 $(BY_FILE) tests/apiserver

test-gateway: .venv/.done ## a real Envoy
	@$(VENV)/python -m dev.images module >/dev/null && $(GENTLY) $(VENV)/pytest -q -n 4 $(BY_FILE) tests/gateway

test-e2e: up ## real pods; then what kills or replaces a part of the system, one by one
	@$(VENV)/pytest -q -n 4 --dist worksteal -m "not destructive" tests/e2e
	@$(VENV)/pytest -q -m destructive tests/e2e --ignore tests/e2e/test_outages.py

test-console: up ## the console in Chromium: all that people do with it, on real pods; pictures in tests/console/.shots
	@$(VENV)/pytest -q -n 2 $(BY_FILE) tests/console

test-long: up ## half an hour: outages of three minutes, a stream of ten, starts of three
	@LONG=1 $(VENV)/pytest -q -n 4 tests/e2e/test_scaling.py tests/e2e/test_schedules.py
	@LONG=1 $(VENV)/pytest -q tests/e2e/test_outages.py tests/e2e/test_triggers.py tests/e2e/test_prometheus_access.py tests/e2e/test_gateway_settings.py tests/e2e/test_metering.py tests/e2e/test_budgets.py

test-cluster: .venv/.done ## in a cluster of its own: the operator from source on real pods; then up, repair, down
	@$(VENV)/python -m dev.cluster build >/dev/null && $(AS_ROOT) tests/cluster/isolated.sh tests/cluster/run.sh

bench-instances: up ## how long until 100 sleeping instances are true and routable
	@$(VENV)/python -m bench.instances

bench-operator: .venv/.done ## pace, memory and quiet of the operator, beside a Go operator and plain kopf handlers
	@$(VENV)/python -m dev.cluster build kube-apiserver etcd kubectl && $(VENV)/python -m bench.operator

bench-gateway: .venv/.done ## what the gateway costs beside bare Envoy and LiteLLM, and at ten thousand instances
	@$(VENV)/python -m bench.gateway

bench-prefix: up ## what PrefixHash gains on two replicas of vLLM
	@$(VENV)/python -m bench.gateway.prefix

bench-scaling: up ## how fast instances wake, how exactly they sleep, what a thousand sleepers cost
	@$(VENV)/python -m bench.scaling

bench-metering: .venv/.done ## whether the ledger is exact at a thousand requests per second, how late it is, and what that costs
	@$(VENV)/python -m bench.metering

bench-api: .venv/.done ## how fast the REST API answers over a thousand instances, and what ten thousand take
	@$(VENV)/python -m dev.cluster build kube-apiserver etcd kubectl && $(VENV)/python -m bench.api

bench-console: .venv/.done ## how soon a thousand instances are in the browser, and how smoothly they scroll
	@$(VENV)/python -m dev.cluster build kube-apiserver etcd kubectl && $(VENV)/python -m bench.console

golden: .venv/.done ## write the golden files anew
	@$(VENV)/pytest -q tests/golden --update-golden

openapi: .venv/.done ## write docs/reference/openapi.json anew
	@$(VENV)/python -m inferops.cli.openapi

crds: .venv/.done ## write crds/, the chart's copies and schema, and docs/reference/ anew
	@$(VENV)/python -m inferops.specs.crd
	@$(VENV)/python -m inferops.cli.values
	@$(VENV)/python -m inferops.cli.metrics
	@$(VENV)/python -m inferops.cli.reference
