#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the programs of go.mod's `tool` list (kube-apiserver, etcd, kubectl, helm, kustomize, kubeconform) once per version of
# that list, into a cache folder, and prints the folder. The first build takes minutes; afterwards it is a look-up.
#   build.sh             build what is missing, print the folder (exit code 3 where there is no Go)
#   build.sh --where     print the folder alone
# TRUNKLINE_TOOLS_CACHE names another cache than ~/.cache/trunkline-tools.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
programs=(kube-apiserver etcd kubectl helm kustomize kubeconform)
cache=${TRUNKLINE_TOOLS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/trunkline-tools}
folder=$cache/$(cat go.mod go.sum build.sh | sha256sum | cut -c1-16)

complete() {
  local program
  for program in "${programs[@]}"; do [[ -x $folder/$program ]] || return 1; done
}

if [[ ${1:-} == --where ]] || complete; then echo "$folder" && exit 0; fi
go=$(command -v go || compgen -G '/usr/local/go/bin/go' || true)
if [[ -z $go ]]; then
  echo "the Kubernetes tests need Go to build kube-apiserver and etcd, or KUBEBUILDER_ASSETS naming a folder with both" >&2
  exit 3
fi
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if complete; then echo "$folder" && exit 0; fi

version_of() { "$go" list -m -f '{{.Version}}' "$1"; }
kubernetes=$(version_of k8s.io/kubernetes)
IFS=. read -r major minor _ <<<"${kubernetes#v}"
flags="-s -w -X helm.sh/helm/v4/internal/version.version=$(version_of helm.sh/helm/v4)"
# Without these the server says v0.0.0, and every chart's kubeVersion check fails.
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  flags+=" -X $package.gitVersion=$kubernetes -X $package.gitMajor=$major -X $package.gitMinor=$minor"
done
building=$(mktemp -d "$cache/building.XXXXXX")
trap 'rm -rf "$building"' EXIT
echo "building kube-apiserver $kubernetes, etcd, kubectl, helm, kustomize, kubeconform: minutes, once" >&2
export CGO_ENABLED=0 GOFLAGS='-mod=readonly -buildvcs=false -trimpath'
mapfile -t packages < <("$go" list -f '{{.ImportPath}}' tool)
nice -n 19 "$go" build -ldflags "$flags" -o "$building/" "${packages[@]}" >&2
# Go names a program after its folder.
mv "$building/server" "$building/etcd"
rm -rf "$folder"
mv "$building" "$folder"
echo "$folder"
