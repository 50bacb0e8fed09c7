#!/usr/bin/env bash
# scripts/services.sh COMMAND [ARGUMENT...]
#
# Runs COMMAND beside a private PostgreSQL and a private Redis on free ports of 127.0.0.1, and stops all three however the
# run ends. COMMAND finds them through
#   SERVICEDESK_TEST_POSTGRES  postgres://… of the maintenance database, with the right to create databases
#   SERVICEDESK_TEST_REDIS     redis://…
# The data lies in a folder of its own below SERVICES_DIR (default /var/tmp, which is on a disk: a /tmp in memory would
# make every fsync free and every benchmark too good) and is removed at the end.
set -euo pipefail

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

[ $# -gt 0 ] || { say "usage: ${0##*/} COMMAND [ARGUMENT...]"; exit 2; }

home=$PWD
dir=$(mktemp -d "${SERVICES_DIR:-/var/tmp}/servicedesk-services.XXXXXX")
postgres_pid='' redis_pid='' command_pid=''

# gone PID SECONDS: waits until the process, or with -PID its whole group, is no more.
gone() {
	local tries
	for ((tries = $2 * 10; tries > 0; tries--)); do
		kill -0 -- "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

# end PID SIGNAL: asks with SIGNAL, after ten seconds kills.
end() {
	kill -s "$2" -- "$1" 2>/dev/null || return 0
	gone "$1" 10 || kill -KILL -- "$1" 2>/dev/null || true
}

stop() {
	trap '' HUP INT TERM
	# The group also holds what a test started and left behind.
	[ -z "$command_pid" ] || end "-$command_pid" TERM
	[ -z "$redis_pid" ] || end "$redis_pid" TERM
	[ -z "$postgres_pid" ] || end "$postgres_pid" INT # SIGINT is PostgreSQL's "fast shutdown": it waits for no client
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Both servers run as an ordinary user, which PostgreSQL insists on, and end with this script even if it is killed with
# SIGKILL (--pdeathsig).
unprivileged=(env LC_ALL=C)
if [ "$(id -u)" -eq 0 ]; then
	user=nobody
	! id postgres >/dev/null 2>&1 || user=postgres
	chown "$user" "$dir"
	unprivileged+=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --init-groups --pdeathsig INT)
elif command -v setpriv >/dev/null; then
	unprivileged+=(setpriv --pdeathsig INT)
fi

# free_port: a port that nobody answers on, below the range from which the system draws ports for clients.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 10000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	printf '%s\n' "$port"
}

# await PID COMMAND...: waits until COMMAND succeeds; fails when the process ends before, or after a minute.
await() {
	local pid=$1 tries
	shift
	for ((tries = 0; tries < 600; tries++)); do
		kill -0 "$pid" 2>/dev/null || return 1
		! "$@" >/dev/null 2>&1 || { kill -0 "$pid" 2>/dev/null; return; }
		sleep 0.1
	done
	return 1
}

# launch COMMAND...: starts a long-lived process in a group of its own (Ctrl-C in the terminal must reach this script
# alone, which then ends the others in order); its id is in $!.
launch() {
	set -m
	"$@" </dev/null &
	set +m
}

give_up() {
	say "$1 does not start; the end of its log:"
	tail -n 20 "$2" >&2 || true
	exit 1
}

start_postgres() {
	local bin password port log=$dir/postgres.log
	bin=$(command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1) ||
		{ say 'no PostgreSQL server found; install the package postgresql'; exit 1; }
	bin=$(dirname "$(readlink -f "$bin")")
	password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	(umask 077 && printf '%s\n' "$password" >"$dir/password")
	[ "$(id -u)" -ne 0 ] || chown "$user" "$dir/password"
	"${unprivileged[@]}" "$bin/initdb" --pgdata="$dir/postgres" --username=postgres --pwfile="$dir/password" \
		--auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >"$log" 2>&1 || give_up PostgreSQL "$log"
	for _ in 1 2 3 4 5; do # somebody may take the port between our look and the start
		port=$(free_port)
		launch "${unprivileged[@]}" "$bin/postgres" -D "$dir/postgres" -p "$port" -k "$dir" \
			-c listen_addresses=127.0.0.1 -c max_connections=200 >"$log" 2>&1
		postgres_pid=$!
		if await "$postgres_pid" "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; then
			export SERVICEDESK_TEST_POSTGRES="postgres://postgres:$password@127.0.0.1:$port/postgres?sslmode=disable"
			say "$("$bin/postgres" --version) on port $port"
			return
		fi
		end "$postgres_pid" INT
		grep -q 'in use' "$log" || break
	done
	give_up PostgreSQL "$log"
}

start_redis() {
	local port log=$dir/redis.log
	command -v redis-server >/dev/null || { say 'no Redis server found; install the package redis-server'; exit 1; }
	for _ in 1 2 3 4 5; do
		port=$(free_port)
		launch "${unprivileged[@]}" redis-server --port "$port" --bind 127.0.0.1 --dir "$dir" --save '' \
			--appendonly no --maxmemory-policy noeviction >"$log" 2>&1
		redis_pid=$!
		if await "$redis_pid" grep -q 'Ready to accept connections' "$log"; then
			export SERVICEDESK_TEST_REDIS="redis://127.0.0.1:$port"
			say "$(redis-server --version | cut -d ' ' -f 1-3) on port $port"
			return
		fi
		end "$redis_pid" TERM
		grep -q 'in use' "$log" || break
	done
	give_up Redis "$log"
}

cd "$dir" # a folder that the servers' user may enter; the caller's may be closed to it
start_postgres
start_redis
cd "$home"

launch "$@"
command_pid=$!
status=0
wait "$command_pid" || status=$?
exit "$status"
