#!/bin/sh
# Installs the real servers that the tests talk to, from Debian's packages. Safe to run again: what is there is left alone.
# Where it cannot install (not Debian, no root and no sudo), it fails and lists what is missing; no test is skipped for it.
set -eu

# command|package|what for
needed='
snmpd|snmpd|polling a real SNMP agent
snmpget|snmp|checking the simulator with the net-snmp tools
fping|fping|ICMP for all hosts in one process
dnsmasq|dnsmasq-base|a name server, for the checks of DNS
ping|iputils-ping|ICMP where fping is not installed
influxd|influxdb|the influx1 store and the dashboards
victoria-metrics|victoria-metrics|writes of the influx2 store
chromium|chromium|the page in a browser
prometheus-alertmanager|prometheus-alertmanager|pushes of the alertmanager channel
initdb|postgresql|state on PostgreSQL, and two collectors on one
openssl|openssl|certificates for the tests of TLS
xz|xz-utils|unpacking the recordings of devices
cc|gcc libc6-dev|compiling the simulated devices of the long run
'
PATH="$PATH:/usr/sbin:/sbin"
# Debian keeps the programs of each PostgreSQL version in a folder of its own.
for bin in /usr/lib/postgresql/*/bin; do PATH="$PATH:$bin"; done

missing=''
packages=''
while IFS='|' read -r command package purpose; do
  [ -n "$command" ] || continue
  if ! command -v "$command" >/dev/null 2>&1; then
    missing="$missing
  $command (package $package): $purpose"
    packages="$packages $package"
  fi
done <<EOF
$needed
EOF

[ -n "$packages" ] || exit 0

fail() {
  echo "The tests need these programs, which are not installed:$missing" >&2
  echo "$1" >&2
  exit 1
}

command -v apt-get >/dev/null 2>&1 || fail 'This is no Debian or Ubuntu system: install them by hand, then run the tests again.'
as_root=''
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || fail "Neither root nor sudo: run as root: apt-get install -y$packages"
  as_root='sudo'
fi

echo "Installing for the tests:$packages"
log=$(mktemp)
if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  fail "apt-get could not install them (its words are above)."
fi
rm -f "$log"
