#!/bin/sh
# Unpacks nginx and Caddy from Debian's packages, for the configurations in the pages; installs
# and starts nothing. Where that can't be, their tests are skipped.
set -eu
cd "$(dirname "$0")/.."
command -v apt-get >/dev/null 2>&1 || exit 0
mkdir -p tests/.build/proxies
cd tests/.build/proxies

unpack() { # name, file, what must succeed
	[ ! -x "$2" ] && ! command -v "$1" >/dev/null 2>&1 || return 0
	if apt-get download -qq -o APT::Sandbox::User=root "$1" && dpkg -x "$1"_*.deb . && "./$2" "$3" >/dev/null 2>&1; then
		rm -f "$1"_*.deb
	else
		echo "no $1: the tests of its configurations are skipped" >&2
		rm -f "$2" "$1"_*.deb
	fi
}

unpack nginx usr/sbin/nginx -v
unpack caddy usr/bin/caddy version
