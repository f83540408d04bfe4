#!/usr/bin/env bash
# Servers that the tests talk to, from Debian's archive, unpacked into a folder and run from there.
#
#     export GITPROMOTE_TEST_REGISTRY="$(.ci/tools.sh FOLDER)"
set -euo pipefail

folder="${1:?a folder to unpack into}"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"
registry="$folder/usr/bin/docker-registry"

if [ ! -x "$registry" ]; then
  draft="$(mktemp -d "$folder/draft.XXXXXX")"
  trap 'rm -rf "$draft"' EXIT
  # The package as its user downloads it; lists that are missing or old are fetched first.
  (cd "$draft" && { apt-get download -q docker-registry || { apt-get update -q && apt-get download -q docker-registry; }; }) >&2
  dpkg -x "$draft"/docker-registry_*.deb "$folder"
fi
echo "$registry"
