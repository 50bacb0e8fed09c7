#!/usr/bin/env bash
# scripts/packages.sh PACKAGE...
#
# Makes sure that the machine has what the named Debian packages bring. What is there already, from whatever source, is
# left alone; what is missing is installed as root or through a password-free sudo. Without that right the missing
# packages are named and the script fails: a test that cannot run must not look like one that passed.
set -euo pipefail

# has PACKAGE: is there what we want of it? Looks for the thing itself, so that other sources than apt are good too.
has() {
	case $1 in
	postgresql) command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' ;;
	redis-server) command -v redis-server ;;
	gcc) command -v gcc ;;
	libc6-dev) echo '#include <stdlib.h>' | gcc -E - ;;
	chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
	fonts-noto-cjk) grep . < <(find -L /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.local/share/fonts" \
		-iname '*cjk*') ;;
	*) command -v "$1" ;;
	esac >/dev/null 2>&1
}

# missing PACKAGE...: prints those of them that are not there.
missing() {
	local package
	for package in "$@"; do
		has "$package" || printf '%s\n' "$package"
	done
}

fail() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

mapfile -t wanted < <(missing "$@")
[ ${#wanted[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null ||
	fail "missing: ${wanted[*]} (names of Debian packages); this machine has no apt-get, install them by its own means"

if [ "$(id -u)" -eq 0 ]; then
	as_root=(env)
elif sudo -n true 2>/dev/null; then
	as_root=(sudo -n env)
else
	fail "missing: ${wanted[*]}; no right to install; run: sudo apt-get install ${wanted[*]}"
fi

apt() {
	"${as_root[@]}" DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -y -o DPkg::Lock::Timeout=300 "$@" </dev/null >/dev/null
}

printf 'installing: %s\n' "${wanted[*]}" >&2
# The lists of a fresh or long unused machine know nothing, or old versions: then refresh them once.
install=(apt install --no-install-recommends "${wanted[@]}")
"${install[@]}" ||
	{ echo 'refreshing the package lists' >&2 && apt update && "${install[@]}"; } ||
	fail "could not install: ${wanted[*]}"

mapfile -t wanted < <(missing "$@")
[ ${#wanted[@]} -eq 0 ] || fail "installed, but still not usable: ${wanted[*]}"
