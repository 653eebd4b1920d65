#!/bin/sh
# Installs the tools that the tests need besides Go, Node and make. These are browsers and, on Debian, a
# C compiler for the race detector, ExifTool and ClamAV (8 s, without its virus database). Does nothing
# if they are all installed.
set -eu

need=""
command -v cc >/dev/null 2>&1 || need="$need gcc libc6-dev"
chromium=${CHROMIUM:-$(command -v chromium || command -v google-chrome || true)}
[ -n "$chromium" ] || need="$need chromium"
# The headless shell is Chromium without windows. It needs a tenth of the CPU for each context. Both packages must have the same version.
[ -n "${CHROMIUM:-}" ] || command -v chromium-headless-shell >/dev/null 2>&1 || need="$need chromium chromium-headless-shell"
[ -n "${FIREFOX:-$(command -v firefox-esr || true)}" ] || need="$need firefox-esr"
command -v WebKitWebDriver >/dev/null 2>&1 || need="$need webkit2gtk-driver"
command -v Xvfb >/dev/null 2>&1 || need="$need xvfb"
command -v clamd >/dev/null 2>&1 || [ -x /usr/sbin/clamd ] || need="$need clamav-daemon"
command -v exiftool >/dev/null 2>&1 || need="$need libimage-exiftool-perl"
[ -n "$need" ] || exit 0

sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
if [ -r /etc/debian_version ] && ! grep -qi ubuntu /etc/os-release; then
	export DEBIAN_FRONTEND=noninteractive
	case $need in *clamav*)
		# The tests start their own clamd. The services of the package would download a database.
		[ ! -d /run/systemd/system ] || $sudo systemctl mask -q clamav-daemon.service clamav-daemon.socket clamav-freshclam.service
	esac
	$sudo apt-get update -q
	# shellcheck disable=SC2086
	$sudo apt-get install -yq --no-install-recommends -o Acquire::Retries=3 $need
elif [ -z "$chromium" ]; then
	# On other systems (macOS; Ubuntu, where chromium is a snap) the test runner installs its own
	# Chromium. The tests use Firefox and WebKit only if they are installed.
	npx playwright install --with-deps chromium
fi
