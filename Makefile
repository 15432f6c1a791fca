# SPDX-License-Identifier: Apache-2.0
# Node 24 comes from npm (package `node-*`): the machine's own Node only has to run npm.
SHELL := /bin/bash
.DEFAULT_GOAL := help
NODE = $(firstword $(wildcard node_modules/node-*/bin/node) node)
JEST = $(NODE) --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js
STAMP := node_modules/.install-stamp

.PHONY: help demo test test-unit test-e2e test-kubernetes parity generate lint verify bench bench-kubernetes flood fuzz fmt install programs

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(STAMP): package.json package-lock.json $(wildcard */package.json)
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

install: $(STAMP) ## Install the npm packages (Node 24 among them)

programs: ## Install what the tests drive from Debian: SIPp, rtpengine, baresip, Lua 5.1, Redis
	@e2e/programs.sh

demo: $(STAMP) ## One call each way through trunks from examples/acme, then keep running
	@$(NODE) --disable-warning=ExperimentalWarning e2e/src/demo/main.ts

test: $(STAMP) programs ## Everything: lint, generated files, unit and end-to-end tests
	@NODE=$(NODE) e2e/test.sh

test-unit: $(STAMP) ## Unit tests alone (make test-unit ROOM=operator for one room)
	$(JEST) --selectProjects $(or $(ROOM),crds kube operator media-relay sip-engine sip-proxy cli)

test-e2e: $(STAMP) programs ## End-to-end tests alone (needs SIPp and rtpengine)
	$(JEST) --selectProjects e2e

parity: $(STAMP) ## The parity suite, on the drachtio on PATH or at DRACHTIO_URL too (docs/reference/engines.md)
	$(JEST) --forceExit --selectProjects e2e -- e2e/tests/parity.test.ts

test-kubernetes: $(STAMP) ## Tests on a real kube-apiserver and etcd (built from Go modules once)
	e2e/tools/build.sh >/dev/null
	$(JEST) --selectProjects kube operator e2e -- kube/ operator/ e2e/tests/kubernetes e2e/tests/charts e2e/tests/gitops

lint: $(STAMP) ## Types, ESLint, formatting
	$(NODE) node_modules/typescript/bin/tsc -p tsconfig.json
	$(NODE) node_modules/eslint/bin/eslint.js .
	$(NODE) node_modules/prettier/bin/prettier.cjs --check --log-level warn '*/src/**/*.ts' 'e2e/**/*.ts'

verify: $(STAMP) ## Fail when a generated file (CRD YAML, reference docs, static manifests) is stale
	$(NODE) --disable-warning=ExperimentalWarning crds/src/generate/main.ts --verify
	@deploy/static/render.sh --verify

generate: $(STAMP) ## Write the generated files again
	$(NODE) --disable-warning=ExperimentalWarning crds/src/generate/main.ts
	@deploy/static/render.sh

bench: $(STAMP) programs ## Calls per second and CPU per call on this machine
	@$(NODE) --disable-warning=ExperimentalWarning e2e/bench/main.ts $(ARGS)

bench-kubernetes: $(STAMP) ## From kubectl apply to acknowledged by every proxy, beside 1,000 trunks
	@e2e/tools/build.sh >/dev/null
	@$(NODE) --disable-warning=ExperimentalWarning e2e/bench/kubernetes.ts $(ARGS)

flood: $(STAMP) programs ## What a scanner's 5,000 messages a second cost, and 50 calls a second beside them
	@$(NODE) --disable-warning=ExperimentalWarning e2e/bench/flood.ts $(ARGS)

fuzz: $(STAMP) ## Ten minutes and a million inputs of nonsense for every parser (ARGS="--seed 7 --seconds 60")
	@$(NODE) --disable-warning=ExperimentalWarning e2e/fuzz/main.ts $(ARGS)

fmt: $(STAMP) ## Format the sources
	$(NODE) node_modules/prettier/bin/prettier.cjs --write --log-level warn '*/src/**/*.ts' 'e2e/**/*.ts'
