#!/bin/sh
# Installs what development needs and this machine lacks, with the machine's own
# package manager. Says nothing and takes no time when nothing is missing.
#
#   setup.sh [services] [browser] [firefox] [compiler] [python] …   each word is one thing to have
#   setup.sh browser-path                      print where the browser is
#
# Go and Node are always looked for and never installed.
set -eu

fail() { # sentence, fix
	echo "$1. Fix: $2" >&2
	exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

major() { # the first number in a version such as "v20.11.1" or "go1.26.8"
	echo "$1" | sed 's/^[^0-9]*\([0-9]*\).*/\1/'
}

check_tools() {
	has go || fail "Go is not installed" "install it from https://go.dev/dl/ or with your package manager"
	version=$(cd / && go env GOVERSION) # outside the module, which may ask for a newer one
	minor=$(echo "$version" | sed 's/^go[0-9]*\.\([0-9]*\).*/\1/')
	if [ "$(major "$version")" = 1 ] && [ "$minor" -lt 21 ] 2>/dev/null; then
		fail "$version is too old, 1.21 or newer is needed (it fetches the exact version by itself)" "install a newer one from https://go.dev/dl/"
	fi
	if ! has node || ! has npm; then
		fail "Node is not installed" "install version 22 from https://nodejs.org/ or with your package manager, npm included"
	fi
	version=$(node --version)
	[ "$(major "$version")" -ge 20 ] || fail "Node $version is too old, version 20 or newer is needed" "install version 22 from https://nodejs.org/"
}

# The places that internal/local looks in, oldest version 15.
has_postgres() {
	if [ -n "${PATCHBAY_PG_BIN:-}" ]; then
		return 0 # the program itself says what is wrong with it
	fi
	if has pg_ctl && has initdb; then
		version=$(pg_ctl --version | sed 's/.*) //')
		[ "$(major "$version")" -lt 15 ] || return 0
	fi
	for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
		/opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
		/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin /Applications/Postgres.app/Contents/Versions/*/bin; do
		if [ -x "$bin/initdb" ]; then
			version=$("$bin/postgres" --version | sed 's/.*) //')
			[ "$(major "$version")" -lt 15 ] || return 0
		fi
	done
	return 1
}

has_redis() { has redis-server || has valkey-server || [ -x /opt/homebrew/bin/redis-server ] || [ -x /usr/local/bin/redis-server ]; }

browser_path() {
	for name in "${CHROME_BIN:-}" chromium google-chrome google-chrome-stable chromium-browser \
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
		if [ -n "$name" ] && has "$name"; then
			command -v "$name"
			return 0
		fi
	done
	return 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif has sudo; then
		sudo "$@"
	else
		fail "$missing missing and only root may install it" "as root: apt-get install -y $packages"
	fi
}

# Debian starts a server as soon as it is installed. Ours are private, so a policy
# forbids it for the moment, unless the machine has a policy already.
policy=/usr/sbin/policy-rc.d
forbid_autostart() {
	[ ! -e "$policy" ] || return 0
	# shellcheck disable=SC2016 # $1 is for the inner shell
	as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >"$1" && chmod 755 "$1"' sh "$policy"
	trap 'as_root rm -f "$policy"' EXIT
	trap 'exit 130' INT TERM HUP
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q "$@"; }

# install NAME APT-PACKAGES BREW-ARGUMENTS
install() {
	missing="$1 is" packages=$2
	echo "Installing $1"
	if has apt-get; then
		forbid_autostart
		# shellcheck disable=SC2086 # several packages
		apt install -y --no-install-recommends $2 ||
			{ apt update && apt install -y --no-install-recommends $2; } ||
			fail "$1 could not be installed" "see what apt-get says above"
	elif has brew; then
		# shellcheck disable=SC2086 # several arguments
		brew install $3
	else
		fail "$1 is not installed, and this machine has neither apt-get nor brew" "install it with your package manager"
	fi
}

need_services() {
	if [ -z "${PATCHBAY_DATABASE_URL:-}" ] && ! has_postgres; then
		install PostgreSQL postgresql postgresql@17
		has_postgres || fail "the PostgreSQL of this system is older than version 15" "install a newer one beside it, see https://www.postgresql.org/download/"
	fi
	if [ -z "${PATCHBAY_REDIS_URL:-}" ] && ! has_redis; then
		install Redis redis-server redis
	fi
}

need_browser() {
	browser_path >/dev/null && return 0
	package=chromium
	if has apt-cache && ! apt-cache show chromium >/dev/null 2>&1 && apt-cache show chromium-browser >/dev/null 2>&1; then
		package=chromium-browser
	fi
	install Chromium "$package fonts-liberation" "--cask google-chrome"
	browser_path >/dev/null || fail "Chromium could not be installed" "install Google Chrome or set CHROME_BIN"
}

# A second browser is good to have: without it its tests are skipped, and say so.
need_firefox() {
	has firefox-esr || has firefox || ! has apt-get || (
		ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1 || apt update || exit 0 # a new machine knows no package yet
		! apt-cache show firefox-esr >/dev/null 2>&1 || install Firefox firefox-esr ""
	) || echo "The tests go on without Firefox."
}

need_compiler() { # go test -race links C
	has cc || has gcc || has clang || install "a C compiler" "gcc libc6-dev" gcc
}

need_python() { # a library is written in it; its checkers live in a folder of their own
	if has python3 && python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
		return 0
	fi
	install Python "python3 python3-venv" python
	has python3 && python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "the Python of this system is older than version 3.10" "install a newer one from https://www.python.org/downloads/"
}

need_nginx() { # the benchmarks compare with it
	has nginx || [ -x /usr/sbin/nginx ] || install nginx nginx-light nginx
}

need_pooler() { # the refresh engine is held against one
	has pgbouncer || [ -x /usr/sbin/pgbouncer ] || install PgBouncer pgbouncer pgbouncer
}

# Without it, or where the kernel refuses what it does, its tests are skipped and say so.
need_sandbox() {
	has bwrap || ! has apt-get || install bubblewrap bubblewrap ""
}

# Components run on Deno, too. It comes as a package, without its scripts, and stays in bin.
deno_version=2.9.6
need_deno() {
	folder=$(cd "$(dirname "$0")/../.." && pwd)/bin/deno
	if [ -f "$folder/node_modules/deno/package.json" ] && grep -q "\"version\": \"$deno_version\"" "$folder/node_modules/deno/package.json"; then
		return 0
	fi
	echo "Installing Deno"
	mkdir -p "$folder"
	npm install --prefix "$folder" --ignore-scripts --no-save --no-audit --no-fund --loglevel=error "deno@$deno_version" ||
		echo "The tests go on without Deno."
}

[ "${1:-}" != browser-path ] || { browser_path; exit; }
check_tools
for word in "$@"; do
	case $word in
	services) need_services ;;
	browser) need_browser ;;
	firefox) need_firefox ;;
	compiler) need_compiler ;;
	python) need_python ;;
	nginx) need_nginx ;;
	pooler) need_pooler ;;
	sandbox) need_sandbox ;;
	deno) need_deno ;;
	*) fail "setup.sh does not know \"$word\"" "setup.sh [services] [browser] [firefox] [compiler] [python] [nginx] [pooler] [sandbox] [deno]" ;;
	esac
done
