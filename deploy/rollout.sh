#!/usr/bin/env bash
# Bring a model to many boxes, ring after ring; the first box that does not get well stops it.
#
#   rollout.sh --rings FILE [--via COMMAND] [--pause SECONDS] [--all-back] MODEL
#
# MODEL is what `dxfvision models export VERSION VERSION.bentomodel` wrote; its name is its version.
# FILE has a line for each ring, the first one first:   canary: box-01
#                                                       rest: box-02 box-03
# COMMAND gives a line to the shell of the box {}:   ssh {}   (the default)
#
# On each box: the file is copied, imported (hashes and signature are checked there), promoted (the box
# itself puts its champion back if the service does not turn ready), and looked at by the doctor; after a
# ring it is waited for --pause seconds (600) and every box of it is looked at again. When a box is not
# well or does not answer, the boxes of its ring go back and nothing further happens: exit code 1.
# --all-back takes back earlier rings, too. What a box has already it keeps: the same call goes on.
set -euo pipefail

rings='' via='ssh {}' pause=600 all_back=0 model=''
while [ $# -gt 0 ]; do
    case $1 in
        --rings) rings=${2:?}; shift ;;
        --via) via=${2:?}; shift ;;
        --pause) pause=${2:?}; shift ;;
        --all-back) all_back=1 ;;
        -*) sed -n '2,/^set -euo/p' "$0" | sed '$d;s/^# \{0,1\}//'; exit 2 ;;
        *) model=$1 ;;
    esac
    shift
done
[ -f "$rings" ] && [ -f "$model" ] || { echo "rollout: --rings FILE and MODEL must be files (--help)" >&2; exit 2; }
version=$(basename "$model" .bentomodel)
sum=$(sha256sum "$model" | cut -d' ' -f1)
place=/tmp/dxfvision-$sum.bentomodel
changed=()

say() { printf '%s %s\n' "$(date -u +%H:%M:%S)" "$*"; }
on() {                # $1 box, $2 a line for its shell
    local command
    read -ra command <<<"${via//\{\}/$1}"
    "${command[@]}" "$2" 2>&1
}

has() { on "$1" "dxfvision models list --json" </dev/null | grep -q "\"$version\".*\"champion\": *true"; }
well() { on "$1" "dxfvision doctor --only model --only service" </dev/null >/dev/null; }
bring() {
    on "$1" "cat > $place && echo $sum $place | sha256sum -c --quiet" <"$model" &&
        on "$1" "dxfvision models import $place && dxfvision models promote $version; r=\$?; rm -f $place; exit \$r" </dev/null
}
take_back() {
    local box
    for box in "$@"; do
        if on "$box" "dxfvision models rollback" </dev/null >/dev/null; then say "$box: back"; else say "$box: NOT back, look at it"; fi
    done
}
stop() {              # $1 why
    say "$1: the rollout of $version stops"
    if [ "$all_back" = 1 ]; then take_back "${changed[@]}"; else take_back "${ring_changed[@]}"; fi
    exit 1
}

while IFS=: read -r name boxes <&3 || [ -n "$name" ]; do
    [ -n "${boxes// /}" ] || continue
    ring_changed=()
    say "ring $name:$boxes"
    for box in $boxes; do
        if has "$box"; then say "$box: has it"; continue; fi
        said=$(bring "$box") || stop "$box: $(tail -n 1 <<<"$said")"
        ring_changed+=("$box")
        changed+=("$box")
        well "$box" || stop "$box: is not well"
        say "$box: serves $version"
    done
    [ ${#ring_changed[@]} = 0 ] || sleep "$pause"
    for box in $boxes; do well "$box" || stop "$box: is not well after $pause s"; done
done 3<"$rings"
say "every box has $version"
