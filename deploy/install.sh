#!/usr/bin/env bash
# Install, upgrade or roll back dxfvision on a machine with systemd, without Docker. Run it as root from
# a clone of the repository, or from an unpacked bundle (`make bundle`), which needs no network.
#
#   install.sh               install, or upgrade: backup first; the old version comes back if the new
#                            one's service does not get well
#   install.sh --rollback    put the version before this one and its backup back, after a backup of this
#                            one; a second time goes forward again
#   install.sh --root DIR    lay everything below DIR and start nothing: for images and trials
#
# It may be repeated: what is there and right stays. Places:
#   /opt/dxfvision/releases/VERSION   programs; /opt/dxfvision/current and previous point there
#   /var/lib/dxfvision                the home folder: drawings, models, reports
#   /etc/dxfvision                    environment: variables of all units; camera-NAME: of one camera
#   /var/backups/dxfvision            a backup from before each upgrade and each way back, the last five
set -euo pipefail
umask 022

here=$(cd "$(dirname "$0")" && pwd)
root=
start=1
stopped=0
rollback=0
PYTHON=${PYTHON:-python3.11}
UNITS=(dxfvision-prefect dxfvision-worker dxfvision-service dxfvision-doctor)
# What cannot be made again from the rest; generated pictures can.
KEPT=(configs data/raw data/calibrations data/labelled models .state .written-by)
WAIT_S=${WAIT_S:-120}

say() { printf '%s\n' "$*"; }
die() { printf 'install: %s\n' "$*" >&2; exit 1; }

while [ $# -gt 0 ]; do
    case $1 in
        --rollback) rollback=1 ;;
        --root) root=$(realpath -m "${2:?--root wants a folder}"); start=0; shift ;;
        *) sed -n '2,/^set -euo/p' "$0" | sed '$d;s/^# \{0,1\}//'; exit 2 ;;
    esac
    shift
done
opt=$root/opt/dxfvision home=$root/var/lib/dxfvision etc=$root/etc/dxfvision
backups=$root/var/backups/dxfvision units=$root/etc/systemd/system

# ------------------------------------------------------------------------------------ before anything
check_machine() {
    command -v "$PYTHON" >/dev/null || die "$PYTHON is missing: apt-get install python3.11-venv, or PYTHON=/path/to/python3.11"
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || die "$PYTHON has no venv: apt-get install python3.11-venv"
    [ -n "$root" ] && return
    [ "$(id -u)" = 0 ] || die "run it as root, or with --root DIR"
    [ -d /run/systemd/system ] || die "systemd does not run here; use Docker (docs/boxes.md), \`dxfvision up\`, or --root DIR"
}

check_bundle() {
    [ -f "$here/SHA256SUMS" ] || return 0
    (cd "$here" && sha256sum --quiet -c SHA256SUMS) || die "the bundle is damaged (see above); copy it again; nothing was changed"
    say "bundle: every file is as it was packed"
}

check_room() {
    local place=$opt free
    while [ ! -d "$place" ]; do place=$(dirname "$place"); done
    free=$(df --output=avail -m "$place" | tail -n 1)
    ((free > 4000)) || die "$place: $free MiB are free, 4000 are needed; make room; nothing was changed"
}

# ------------------------------------------------------------------------------------------- the parts
version_here() {
    if [ -f "$here/VERSION" ]; then cat "$here/VERSION"; else sed -n 's/^version = "\(.*\)"/\1/p' "$here/../pyproject.toml"; fi
}
version_of() { [ ! -L "$opt/$1" ] || basename "$(readlink "$opt/$1")"; }
# A variable of all units, or what it is without one.
variable() {
    local line
    line=$(grep -E "^$1=" "$etc/environment" 2>/dev/null | tail -n 1 | cut -d= -f2- | tr -d '"') || true
    printf '%s' "${line:-$2}"
}

make_release() {      # $1 version: programs in a folder of their own, whole or not at all
    local to=$opt/releases/$1 pip
    if [ -f "$to/VERSION" ] && [ -z "${REINSTALL:-}" ]; then say "$to is there"; return; fi
    rm -rf "$to"
    mkdir -p "$opt/releases"
    "$PYTHON" -m venv "$to"
    pip=("$to/bin/python" -m pip -q --disable-pip-version-check install)
    if [ -d "$here/wheels" ]; then
        "${pip[@]}" --no-index --find-links "$here/wheels" -r "$here/requirements-worker.txt"
        "${pip[@]}" --no-index --find-links "$here/wheels" --no-deps "dxfvision==$1"
    else
        "${pip[@]}" -r "$here/../requirements-worker.txt"
        "${pip[@]}" --no-deps "$here/.."
    fi
    install -D -m 644 "$here/prefect.yaml" "$("$to/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/deploy/prefect.yaml"
    install -m 755 "$here/image/check-volume.sh" "$to/bin/check-volume"
    "$to/bin/dxfvision" --help >/dev/null || die "$to does not run; nothing was switched"
    printf '%s\n' "$1" >"$to/VERSION"
    say "installed $to"
}

make_places() {
    if [ -z "$root" ] && ! id dxfvision >/dev/null 2>&1; then
        useradd --system --user-group --home-dir /var/lib/dxfvision --no-create-home --shell /usr/sbin/nologin dxfvision
        say "made the user dxfvision"
    fi
    mkdir -p "$home/configs" "$home/data/raw/dxf_templates" "$home/data/raw/images" "$etc" "$backups" "$units"
    chmod 700 "$backups"
    [ -f "$etc/environment" ] || cat >"$etc/environment" <<'TEXT'
# Variables of all units. Where service, worker or Prefect listen elsewhere, or with TLS, say also where
# the watchdog and install.sh shall ask: SERVICE_URL=http://127.0.0.1:3000/readyz,
# WORKER_URL=http://127.0.0.1:8090/health, PREFECT_API_URL=http://127.0.0.1:4200/api
TEXT
    chmod 640 "$etc/environment"
    local kind
    for kind in drawings:data/raw/dxf_templates configs:configs calibrations:data/calibrations; do
        [ -d "$here/${kind%%:*}" ] || continue
        mkdir -p "$home/${kind#*:}"
        cp -rn "$here/${kind%%:*}/." "$home/${kind#*:}/"
    done
}

import_model() {
    local file
    file=$(find "$here/model" -type f 2>/dev/null | head -n 1) || true
    [ -n "$file" ] || return 0
    local version
    version=$(basename "$file" .bentomodel)
    if [ -f "$home/.state/bundle-model" ]; then
        [ "$(cat "$home/.state/bundle-model")" = "$version" ] ||
            say "the bundle's model $version was left out, this box has one: dxfvision models import $file"
        return 0
    fi
    "$opt/current/bin/dxfvision" models import "$file" --home "$home" >/dev/null
    "$opt/current/bin/dxfvision" models promote "$version" --home "$home" >/dev/null
    mkdir -p "$home/.state" && printf '%s\n' "$version" >"$home/.state/bundle-model"
    say "model $version is the champion"
}

# The verb for everybody's shell: it works in the home folder and, for root, as the user that owns it.
make_command() {
    mkdir -p "$root/usr/local/bin"
    cat >"$root/usr/local/bin/dxfvision" <<'COMMAND'
#!/bin/sh
export DXFVISION_HOME="${DXFVISION_HOME:-/var/lib/dxfvision}"
if [ "$(id -u)" = 0 ]; then
    # As the units see it: ports, above all.
    while IFS= read -r line; do
        value=${line#*=} value=${value#\"} value=${value%\"}
        case $line in [A-Z]*=*) export "${line%%=*}=$value" ;; esac
    done </etc/dxfvision/environment
    exec runuser -u dxfvision -- env HOME=/var/lib/dxfvision /opt/dxfvision/current/bin/dxfvision "$@"
fi
exec /opt/dxfvision/current/bin/dxfvision "$@"
COMMAND
    chmod 755 "$root/usr/local/bin/dxfvision"
}

own() { [ -n "$root" ] || chown -R dxfvision:dxfvision "$home"; }

install_units() {
    install -m 644 "$here"/systemd/*.service "$here"/systemd/*.target "$units/"
    [ "$start" = 0 ] || { systemctl daemon-reload && systemctl -q enable dxfvision.target "${UNITS[@]}"; }
}

switch() { ln -sfn "releases/$1" "$opt/current.new" && mv -T "$opt/current.new" "$opt/current"; }
stop_all() {
    [ "$start" = 1 ] || return 0
    stopped=1
    systemctl stop dxfvision.target "${UNITS[@]}" 'dxfvision-camera@*' 2>/dev/null || true
}

# Whatever went wrong after they were stopped: what is installed runs again.
at_end() {
    local code=$?
    if [ "$stopped" = 1 ] && [ -n "$(version_of current)" ]; then
        own
        systemctl start dxfvision.target && say "$(version_of current) was started again"
    fi
    exit "$code"
}
trap at_end EXIT

# Everything is stopped: files and databases are at rest.
backup() {            # $1 version that made the files
    local kept=() name file
    for name in "${KEPT[@]}"; do [ ! -e "$home/$name" ] || kept+=("$name"); done
    [ ${#kept[@]} -gt 0 ] || return 0
    file=$backups/$(date -u +%Y%m%dT%H%M%SZ)-$1.tar.gz
    if ! tar -C "$home" -czf "$file.partial" "${kept[@]}"; then
        rm -f "$file.partial"
        die "$file: the backup could not be written (see above); nothing was changed"
    fi
    mv "$file.partial" "$file"
    say "backup: $file"
    find "$backups" -name '*.tar.gz' | sort | head -n -5 | xargs -r rm --
}

last_backup() {       # $1 version
    local file
    file=$(find "$backups" -name "*-$1.tar.gz" 2>/dev/null | sort | tail -n 1)
    [ -n "$file" ] || die "$backups: no backup of version $1; nothing was changed"
    tar -tzf "$file" >/dev/null || die "$file: is damaged; nothing was changed"
    printf '%s' "$file"
}

restore() {           # $1 backup; nothing is removed before all of it lies on the disk
    local staging=$home/.restore name
    rm -rf "$staging"
    mkdir "$staging"
    tar -C "$staging" -xzf "$1" || { rm -rf "$staging"; die "$1: cannot be unpacked into $home; nothing was restored"; }
    for name in "${KEPT[@]}"; do
        rm -rf "${home:?}/$name"
        if [ -e "$staging/$name" ]; then
            mkdir -p "$(dirname "$home/$name")"
            mv "$staging/$name" "$home/$name"
        fi
    done
    rm -rf "$staging"
    say "restored $1"
}

answers() {           # $1 URL; its certificate need not name loopback
    "$PYTHON" -c 'import ssl, sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=3, context=ssl._create_unverified_context())' "$1" 2>/dev/null
}

start_all() {         # 0 once the server answers and, if there is a model, the service
    [ "$start" = 1 ] || return 0
    stopped=0
    systemctl start dxfvision.target
    local url deadline=$((SECONDS + WAIT_S)) urls
    urls=("$(variable PREFECT_API_URL http://127.0.0.1:4200/api)/health")
    [ ! -f "$home/models/registry/champion.json" ] || urls+=("$(variable SERVICE_URL http://127.0.0.1:3000/readyz)")
    for url in "${urls[@]}"; do
        until answers "$url"; do
            ((SECONDS < deadline)) || { say "$url gives no good answer within $WAIT_S s: journalctl -u 'dxfvision-*' tells why"; return 1; }
            sleep 1
        done
    done
}

# --------------------------------------------------------------------------------------------- the work
go_back() {
    local to now file
    to=$(version_of previous) now=$(version_of current)
    [ -n "$to" ] && [ -d "$opt/releases/$to" ] || die "there is no previous version to go back to"
    file=$(last_backup "$to")
    stop_all
    backup "$now"
    restore "$file"
    switch "$to"
    ln -sfn "releases/$now" "$opt/previous"
    own
    start_all || die "$to does not get well either"
    say "back at $to"
}

install_here() {
    local new old
    new=$(version_here) old=$(version_of current)
    check_bundle
    check_room
    [ -z "$old" ] || [ "$(printf '%s\n' "$old" "$new" | sort -V | tail -n 1)" = "$new" ] ||
        die "$old is installed and newer than $new: install.sh --rollback goes back; nothing was changed"
    make_release "$new"
    stop_all
    if [ -n "$old" ] && [ "$old" != "$new" ]; then
        backup "$old"
        ln -sfn "releases/$old" "$opt/previous"
    fi
    make_places
    switch "$new"
    printf '%s\n' "$new" >"$home/.written-by"
    import_model
    own
    make_command
    install_units
    if start_all; then
        say "dxfvision $new $([ "$start" = 1 ] && echo runs || echo "lies below $root"); drawings go into $home/data/raw/dxf_templates"
        return
    fi
    [ -n "$old" ] && [ "$old" != "$new" ] || die "$new does not get well"
    say "going back to $old"
    go_back
    exit 1
}

check_machine
if [ "$rollback" = 1 ]; then go_back; else install_here; fi
