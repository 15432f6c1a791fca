#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `make test` runs: lint, generated files, every Jest project. Lint and each sort of generated files count one test.
# The last line is `N passed, N failed`; the exit code is 1 where anything failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
node=${NODE:-$(compgen -G 'node_modules/node-*/bin/node' | head -n 1)}
node=$(command -v "${node:-node}") || { echo 'no Node: run make install' && echo '0 passed, 1 failed' && exit 1; }
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
passed=0 failed=0

count() { # passed failed
  passed=$((passed + $1)) failed=$((failed + $2))
}

check() { # name command...
  local name=$1
  shift
  echo "== $name"
  if "$@"; then count 1 0; else echo "FAILED: $name" && count 0 1; fi
}

lint() {
  local status=0
  "$node" node_modules/typescript/bin/tsc -p tsconfig.json || status=1
  "$node" node_modules/eslint/bin/eslint.js . || status=1
  "$node" node_modules/prettier/bin/prettier.cjs --check --log-level warn '*/src/**/*.ts' 'e2e/**/*.ts' || status=1
  return $status
}

# One project after the other: the end-to-end tests start programs, and want the machine for themselves. A failed test may
# leave something open: that must not keep Jest from ending.
suites() { # name, Jest arguments...
  local name=$1 report="$results/$1.json"
  shift
  echo "== $name tests"
  "$node" --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js \
    --forceExit --json --outputFile "$report" "$@" >/dev/null
  local status=$?
  local counts
  if ! counts=$("$node" e2e/src/jest-counts.ts "$report" "$status"); then
    echo "FAILED: $name tests gave no result" && count 0 1
    return
  fi
  # shellcheck disable=SC2086
  count $counts
}

check lint lint
check 'generated files' "$node" --disable-warning=ExperimentalWarning crds/src/generate/main.ts --verify
# Where kube-apiserver and etcd cannot be had, the tests that need them say so, and fail under CI.
e2e/tools/build.sh >/dev/null || echo 'kube-apiserver, etcd, helm: cannot be had here'
check 'static manifests' deploy/static/render.sh --verify
suites unit --selectProjects crds kube operator media-relay sip-engine sip-proxy cli
suites e2e --selectProjects e2e ${CI:+-w 2}

echo "$passed passed, $failed failed"
((failed == 0))
