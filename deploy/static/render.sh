#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Renders the charts into deploy/static, for those who do not use Helm.
#   render.sh             write the files
#   render.sh --verify    say which of them are stale, exit code 1 where any is
# Helm is taken from KUBEBUILDER_ASSETS, the programs of e2e/tools, or PATH. Without it nothing is verified; under CI=true that fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tools=$(e2e/tools/build.sh --where)
helm=
for candidate in "${KUBEBUILDER_ASSETS:-}/helm" "$tools/helm" "$(command -v helm || true)"; do
  [[ -x $candidate ]] && helm=$candidate && break
done
if [[ -z $helm ]]; then
  echo 'static manifests: helm is missing (e2e/tools/build.sh builds it)' >&2
  [[ ${CI:-} == true ]] && exit 1
  exit 0
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

render() { # file, release, namespace, chart, Helm arguments...
  local file=$1 release=$2 namespace=$3 chart=$4
  shift 4
  {
    echo '# SPDX-License-Identifier: Apache-2.0'
    echo "# Rendered from $chart by deploy/static/render.sh."
    "$helm" template "$release" "$chart" --namespace "$namespace" --kube-version 1.30.0 --skip-tests "$@" |
      sed -e 's/[[:space:]]*$//' -e 's/app.kubernetes.io\/managed-by: Helm/app.kubernetes.io\/managed-by: static/' -e '/^$/d'
  } >"$out/$file"
}

render crds.yaml trunkline trunkline-system charts/trunkline --set baseDomain=example.com --set-string fullnameOverride=trunkline \
  $(for file in charts/trunkline/templates/crds/*.yaml; do printf -- '--show-only templates/crds/%s ' "${file##*/}"; done)
render trunkline.yaml trunkline trunkline-system charts/trunkline --values deploy/static/trunkline-values.yaml
render trunkline-edge.yaml trunkline-edge trunkline-edge charts/trunkline-edge --values deploy/static/trunkline-edge-values.yaml

stale=0
for file in "$out"/*; do
  committed=deploy/static/${file##*/}
  if [[ ${1:-} == --verify ]]; then
    cmp --silent "$file" "$committed" && continue
    echo "$committed is stale: run deploy/static/render.sh and commit it" >&2
    stale=1
  else
    cmp --silent "$file" "$committed" || { cp "$file" "$committed" && echo "wrote $committed"; }
  fi
done
exit $stale
