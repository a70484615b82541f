#!/bin/sh
# bellwether agent|collector COMMAND...: the role is the first word.
set -eu
role="${1:-}"
case "$role" in
  agent | collector)
    shift
    exec node "/opt/bellwether/$role/main.ts" "$@"
    ;;
  *)
    echo "usage: bellwether agent|collector run|check --config FILE" >&2
    [ "$role" = --help ] || exit 2
    ;;
esac
