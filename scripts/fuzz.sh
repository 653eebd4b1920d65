#!/bin/sh
# Runs all fuzz targets of the module, one after another, each for $FUZZTIME.
set -eu
cd "$(dirname "$0")/.."

grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r package; do
	for target in $(grep -hoE '^func Fuzz[A-Za-z0-9]+' "$package"/*_test.go | cut -c6-); do
		echo "== $package $target"
		go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}"
	done
done
