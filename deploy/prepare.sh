#!/usr/bin/env bash
# What `make up` does before it starts anything: says what would go wrong, and makes what is missing
# (.env, secrets). It may be repeated and changes nothing that is there.
#
#   deploy/prepare.sh            check and make
#   deploy/prepare.sh --check    check alone
#
# Needed: bash, coreutils, and docker with Compose. Exit code 1 and a sentence for each fault.
set -euo pipefail
cd "$(dirname "$0")/.."

faults=0
fault() { printf 'fault: %s\n' "$*" >&2; faults=$((faults + 1)); }
told() { printf '%s\n' "$*"; }

# The value of a variable: the environment's, else that of .env, else the one given.
value() {
    local name=$1 default=$2 line
    if [ -n "${!name+set}" ]; then printf '%s' "${!name}"; return; fi
    line=$(grep -E "^$name=" .env 2>/dev/null | tail -n 1 | cut -d= -f2-) || true
    printf '%s' "${line:-$default}"
}

check_engine() {
    command -v docker >/dev/null || { fault "docker is not installed; on Debian: apt-get install docker.io"; return; }
    docker info >/dev/null 2>&1 || fault "no Docker engine answers: start it (systemctl start docker), or join the group docker and log in again"
    docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null ||
        fault "Compose is not installed; on Debian: apt-get install docker-compose"
}

running() { [ -n "$(docker ps -q --filter "label=com.docker.compose.project=$(value COMPOSE_PROJECT_NAME dxfvision)" 2>/dev/null)" ]; }

check_ports() {
    local name default port seen=" "
    for name in SERVICE_PORT:3000 PREFECT_PORT:4200 PROMETHEUS_PORT:9090 ALERTMANAGER_PORT:9093 GRAFANA_PORT:3001 CAMERA_PORT:9310; do
        default=${name#*:} name=${name%:*}
        port=$(value "$name" "$default")
        if ! [[ $port =~ ^[0-9]{1,5}$ ]] || ((10#$port < 1 || 10#$port > 65535)); then
            fault "$name=$port: a port between 1 and 65535 is wanted; correct .env"
        elif [[ $seen == *" $port "* ]]; then
            fault "$name=$port: another port of .env has this number; choose another"
        elif [ "$name" = CAMERA_PORT ] && ! with_camera; then
            : # nothing listens there
        elif ! running && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            fault "$name=$port: another program listens on 127.0.0.1:$port; stop it (ss -ltnp 'sport = :$port' names it) or choose another port in .env"
        fi
        seen+="$port "
    done
}

check_limits() {
    local name text cores
    cores=$(nproc)
    for name in WORKER_MEMORY:3g SERVICE_MEMORY:1500m PREFECT_MEMORY:1g CAMERA_MEMORY:1g; do
        text=$(value "${name%:*}" "${name#*:}")
        [[ $text =~ ^[1-9][0-9]*[bkmg]$ ]] || fault "${name%:*}=$text: memory such as 1500m or 3g is wanted; correct .env"
    done
    for name in WORKER_CPUS:2.0 SERVICE_CPUS:2.0 PREFECT_CPUS:1.0; do
        text=$(value "${name%:*}" "${name#*:}")
        if ! [[ $text =~ ^[0-9]+(\.[0-9]+)?$ ]] || ! awk -v v="$text" -v n="$cores" 'BEGIN { exit !(v >= 0.01 && v <= n) }'; then
            fault "${name%:*}=$text: processors between 0.01 and $cores (what this machine has) are wanted; correct .env"
        fi
    done
    text=$(value SERVICE_WORKERS 2)
    [[ $text =~ ^[1-9][0-9]?$ ]] && ((text <= 64)) || fault "SERVICE_WORKERS=$text: a number of processes between 1 and 64 is wanted; correct .env"
    text=$(value PROMETHEUS_KEEP 90d)
    [[ $text =~ ^[1-9][0-9]*[hdwy]$ ]] || fault "PROMETHEUS_KEEP=$text: a time such as 90d or 12w is wanted; correct .env"
    text=$(value PROMETHEUS_SIZE 4GB)
    [[ $text =~ ^[1-9][0-9]*[MGT]B$ ]] || fault "PROMETHEUS_SIZE=$text: a size such as 500MB or 4GB is wanted; correct .env"
}

with_camera() { [[ ,$(value COMPOSE_PROFILES ''), == *,camera,* ]]; }

check_camera() {
    with_camera || return 0
    local name
    name=$(value CAMERA_NAME camera)
    [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ ]] || fault "CAMERA_NAME=$name: letters, digits, - and _ are wanted; correct .env"
    [[ $(value COMPOSE_FILE '') == *usb-camera* ]] || [ -n "$(value CAMERA_SOURCE '')" ] ||
        fault "CAMERA_SOURCE=: no camera is named; correct .env (rtsp://host/path), or add docker-compose.usb-camera.yml to COMPOSE_FILE"
    name=$(value CAMERA_DEVICE /dev/video0)
    [[ $(value COMPOSE_FILE '') != *usb-camera* ]] || [ -c "$name" ] ||
        fault "CAMERA_DEVICE=$name: there is no such device; plug the camera in, or correct .env"
}

check_folders() {
    local name folder
    for name in DXFVISION_DRAWINGS:./data/raw/dxf_templates DXFVISION_PHOTOS:./data/raw/images DXFVISION_CONFIGS:./deploy/configs; do
        folder=$(value "${name%:*}" "${name#*:}")
        if [ ! -d "$folder" ]; then
            fault "${name%:*}=$folder: there is no such folder; make it, or correct .env"
        elif [ -z "$(find "$folder" -maxdepth 0 -perm -o=rx)" ]; then
            fault "${name%:*}=$folder: the user 10001 of the containers cannot read it; chmod o+rx $folder"
        fi
    done
    folder=$(find monitoring/{prometheus.yml,rules,runbooks,targets-compose,grafana} ! -perm -o=r 2>/dev/null | head -n 1) || true
    [ -z "$folder" ] || fault "$folder: the users of the containers cannot read it; chmod -R o+rX monitoring"
    folder=$(value ALERTMANAGER_CONFIG ./monitoring/alertmanager.yml)
    if [ ! -f "$folder" ]; then
        fault "ALERTMANAGER_CONFIG=$folder: there is no such file; copy monitoring/alertmanager.example.yml there, or correct .env"
    elif [ -z "$(find "$folder" -maxdepth 0 -perm -o=r)" ]; then
        fault "ALERTMANAGER_CONFIG=$folder: the container's user cannot read it; chmod o+r $folder (the mail password has a file of its own, deploy/secrets/smtp_password)"
    fi
}

check_names() {
    local project version profile
    profile=$(value DXFVISION_PROFILE quick)
    [[ $profile =~ ^(tiny|quick|standard|full)$ ]] || fault "DXFVISION_PROFILE=$profile: tiny, quick, standard or full is wanted; correct .env"
    project=$(value COMPOSE_PROJECT_NAME dxfvision)
    version=$(value DXFVISION_VERSION 0.1.0)
    [[ $project =~ ^[a-z0-9][a-z0-9_-]*$ ]] || fault "COMPOSE_PROJECT_NAME=$project: small letters, digits, - and _ are wanted; correct .env"
    [[ $version =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]*$ ]] || fault "DXFVISION_VERSION=$version: no tag of an image; correct .env"
}

random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }
hash() { printf '%s' "$1" | sha256sum | cut -d' ' -f1; }

# Only the owner may enter the folder; what is inside is readable, for containers get single files.
make_secrets() {
    local folder predict operate
    folder=$(value DXFVISION_SECRETS ./deploy/secrets)
    mkdir -p "$folder"
    chmod 700 "$folder"
    if [ ! -s "$folder/service_tokens.json" ]; then
        predict=$(random) operate=$(random)
        printf '%s\n' "$predict" >"$folder/predict_token"
        printf '%s\n' "$operate" >"$folder/operate_token"
        printf '{"predict": ["%s"], "operate": ["%s"]}\n' "$(hash "$predict")" "$(hash "$operate")" >"$folder/service_tokens.json"
        told "made $folder/predict_token and $folder/operate_token: clients send Authorization: Bearer TOKEN"
    fi
    local name
    for name in grafana_password postgres_password; do
        [ -s "$folder/$name" ] || { random >"$folder/$name"; told "made $folder/$name"; }
    done
    [ -s "$folder/database_url" ] ||
        printf 'postgresql+asyncpg://prefect:%s@postgres/prefect' "$(cat "$folder/postgres_password")" >"$folder/database_url"
    # Empty until somebody writes it: alertmanager.example.yml names it.
    [ -e "$folder/smtp_password" ] || : >"$folder/smtp_password"
    chmod 444 "$folder"/*
    chmod 644 "$folder/smtp_password"
}

make_env() {
    if [ ! -e .env ]; then cp .env.example .env; told "made .env from .env.example"; fi
}

main() {
    case "${1:-}" in
        '' | --check) ;;
        *) sed -n '2,/^set -euo/p' "$0" | sed '$d;s/^# \{0,1\}//'; exit 2 ;;
    esac
    check_engine
    check_ports
    check_limits
    check_folders
    check_names
    check_camera
    [ "$faults" = 0 ] || { printf '%s\n' "Nothing was started or changed." >&2; exit 1; }
    if [ "${1:-}" != --check ]; then
        make_env
        make_secrets
    fi
}
main "$@"
