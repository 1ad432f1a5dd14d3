#!/bin/sh
# Start a command unless its folder was written by a newer version: check-volume [--look] FOLDER COMMAND...
#
# A newer version may have written what this one reads wrongly; so nothing is started and nothing
# changed. An older one's folder is taken over and noted as this version's; with --look nothing is noted,
# for those that go on where the disk is full.
set -eu
look=0
if [ "$1" = --look ]; then look=1; shift; fi
folder=$1
shift
mine=$(cat "$(dirname "$(readlink -f "$0")")/../VERSION")
note=$folder/.written-by
wrote=$(cat "$note" 2>/dev/null || echo "$mine")
newest=$(printf '%s\n%s\n' "$mine" "$wrote" | sort -V | tail -n 1)
if [ "$newest" != "$mine" ]; then
    echo "check-volume: $folder was written by version $wrote, this is $mine: start $wrote again, or" \
        "put a backup from before the upgrade back (docs/boxes.md); nothing was changed" >&2
    exit 78
fi
[ "$look" = 0 ] || exec "$@"
if [ "$wrote" != "$mine" ]; then
    echo "check-volume: $folder comes from version $wrote, $mine takes it over" >&2
fi
if ! { [ -f "$note" ] && [ "$wrote" = "$mine" ]; }; then
    echo "$mine" >"$note" || {
        echo "check-volume: $folder cannot be written to: it must belong to the user $(id -u) and have room" >&2
        exit 78
    }
fi
exec "$@"
