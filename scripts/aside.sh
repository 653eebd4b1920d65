#!/bin/sh
# Runs a part of `make test` beside others: aside.sh NAME COMMAND. Its output is printed when it ends, and kept
# as bin/test/NAME.log if it failed.
log=bin/test/$1.log
shift
mkdir -p bin/test
status=0
"$@" >"$log" 2>&1 || status=$?
cat "$log"
[ "$status" != 0 ] || rm "$log"
exit "$status"
