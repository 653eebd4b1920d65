#!/bin/sh
# Runs a part of `make test` while other parts run: aside.sh NAME COMMAND. Prints its output when it ends. If it
# fails, the output stays in bin/test/NAME.log.
log=bin/test/$1.log
shift
mkdir -p bin/test
status=0
"$@" >"$log" 2>&1 || status=$?
cat "$log"
[ "$status" != 0 ] || rm "$log"
exit "$status"
