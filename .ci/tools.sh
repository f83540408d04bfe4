#!/usr/bin/env bash
# Servers that the tests talk to, from Debian's archive, unpacked into a folder and run from there.
#
#     export GITPROMOTE_TEST_REGISTRY="$(.ci/tools.sh FOLDER docker-registry)"
#     export GITPROMOTE_TEST_PROMETHEUS="$(.ci/tools.sh FOLDER prometheus)"
set -euo pipefail

folder="${1:?a folder to unpack into}"
package="${2:-docker-registry}"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"
program="$folder/usr/bin/$package"

if [ ! -x "$program" ]; then
  draft="$(mktemp -d "$folder/draft.XXXXXX")"
  trap 'rm -rf "$draft"' EXIT
  # The package as its user downloads it; lists that are missing or old are fetched first.
  (cd "$draft" && { apt-get download -q "$package" || { apt-get update -q && apt-get download -q "$package"; }; }) >&2
  dpkg -x "$draft/$package"_*.deb "$folder"
fi
echo "$program"
