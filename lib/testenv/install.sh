#!/bin/sh
# Makes sure that a Postgres, a RabbitMQ, a Redis, a browser, curl, psql and what the arguments name can be run here. What it
# installs it names on standard error; on standard output it prints the settings of servers that run already, for a shell to eval.
set -eu

have_postgres() {
	[ -n "${TEST_DATABASE_URL:-}${PG_BINDIR:-}" ] || command -v postgres >/dev/null || command -v pg_config >/dev/null ||
		ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1
}

have_rabbitmq() {
	[ -n "${TEST_AMQP_URL:-}" ] || command -v rabbitmq-server >/dev/null || ls /usr/lib/rabbitmq/bin/rabbitmq-server >/dev/null 2>&1
}

have_browser() {
	[ -n "${TEST_CHROMIUM:-}" ] || [ -d "/Applications/Google Chrome.app" ] || [ -d /Applications/Chromium.app ] && return
	for name in chromium chromium-browser google-chrome google-chrome-stable headless-shell chromium-headless-shell; do
		command -v "$name" >/dev/null && return
	done
	return 1
}

servers= tools=
have_postgres || servers="$servers postgresql"
have_rabbitmq || servers="$servers rabbitmq-server"
have_browser || tools="$tools chromium"
command -v redis-server >/dev/null || tools="$tools redis-server"
command -v curl >/dev/null || tools="$tools curl"
command -v psql >/dev/null || tools="$tools postgresql-client"
for tool; do
	command -v "$tool" >/dev/null || tools="$tools $tool"
done
missing="$servers$tools"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing$missing" >&2

	# The tests run servers of their own: the packages' services stay off.
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod +x /usr/sbin/policy-rc.d
	fi
	apt-get update -qq >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
	exit 0
fi

[ -z "$tools" ] || echo "some tests need$tools: install what is missing" >&2
[ -n "$servers" ] || exit 0

if docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
	echo "starting$servers with docker compose" >&2
	docker compose up --detach --wait postgres rabbitmq >&2
	echo "export TEST_DATABASE_URL=postgres://app:app@127.0.0.1:5432/postgres"
	echo "export TEST_AMQP_URL=amqp://guest:guest@127.0.0.1:5672/"
	echo "export TEST_AMQP_MANAGEMENT_URL=http://guest:guest@127.0.0.1:15672"
	exit 0
fi

echo "the tests need$servers: install them (Debian: sudo apt-get install$missing), or start Docker" >&2
exit 1
