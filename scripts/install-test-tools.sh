#!/bin/sh
# Installs what the tests need beyond Go, Node and make: a Chromium and, where apt is
# at hand, a C compiler for the race detector. Does nothing when they are there.
set -eu

need=""
command -v cc >/dev/null 2>&1 || need="$need gcc libc6-dev"
browser=${CHROMIUM:-$(command -v chromium || command -v google-chrome || true)}
[ -n "$browser" ] || need="$need chromium"
[ -n "$need" ] || exit 0

sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
if [ -r /etc/debian_version ] && ! grep -qi ubuntu /etc/os-release; then
	export DEBIAN_FRONTEND=noninteractive
	$sudo apt-get update -q
	# shellcheck disable=SC2086
	$sudo apt-get install -yq --no-install-recommends -o Acquire::Retries=3 $need
elif [ -z "$browser" ]; then
	# Elsewhere (macOS, Ubuntu, where chromium is a snap) the test runner brings its own.
	npx playwright install --with-deps chromium
fi
