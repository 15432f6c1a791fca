#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the tests drive, from Debian's packages, where it is not there yet.
set -euo pipefail
declare -A package_of=([sipp]=sip-tester [rtpengine]=rtpengine-daemon [baresip]=baresip-core [lua5.1]=lua5.1
  [redis-server]=redis-server)
missing=()
for program in "${!package_of[@]}"; do
  command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done
((${#missing[@]})) || exit 0
if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
  echo "the tests need ${missing[*]}: install these Debian packages, or run as root on Debian" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# A package must not start a daemon of its own: the tests start theirs, on loopback.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
