#!/bin/sh
# Unpacks nginx, Caddy and Prometheus from Debian's packages, for the tests of the configurations
# in docs and deploy; installs and starts nothing. Where that can't be, those tests are skipped.
set -eu
cd "$(dirname "$0")/.."
command -v apt-get >/dev/null 2>&1 || exit 0
mkdir -p tests/.build/tools
cd tests/.build/tools

download() { apt-get download -qq -o APT::Sandbox::User=root "$1"; }

unpack() { # name, file, what must succeed
	[ ! -x "$2" ] && ! command -v "$1" >/dev/null 2>&1 || return 0
	# A new machine has no lists of packages.
	if { download "$1" 2>/dev/null || { apt-get update -qq && download "$1"; }; } && dpkg -x "$1"_*.deb . && "./$2" "$3" >/dev/null 2>&1; then
		rm -f "$1"_*.deb
	else
		echo "no $1: the tests of its configurations are skipped" >&2
		rm -f "$2" "$1"_*.deb
	fi
}

unpack nginx usr/sbin/nginx -v
unpack caddy usr/bin/caddy version
unpack prometheus usr/bin/prometheus --version
