#!/usr/bin/env bash
# Pack everything a box without any network needs into one file: programs, drawings, the champion,
# settings, calibrations, checksums; with --images the container images, too.
#
#   bundle.sh [--home DIR] [--images] [--out FILE]
#
# On the box: tar xf FILE && dxfvision-VERSION/install.sh     (Debian 12 with python3.11-venv and systemd)
# or, with --images: docker load -i dxfvision-VERSION/images.tar.gz, then in dxfvision-VERSION/compose
# deploy/prepare.sh and docker-compose up -d     (docs/boxes.md)
set -euo pipefail
umask 022
cd "$(dirname "$0")/.."

home=.
out=
images=0
while [ $# -gt 0 ]; do
    case $1 in
        --home) home=${2:?--home wants a folder}; shift ;;
        --out) out=${2:?--out wants a file}; shift ;;
        --images) images=1 ;;
        *) sed -n '2,/^set -euo/p' "$0" | sed '$d;s/^# \{0,1\}//'; exit 2 ;;
    esac
    shift
done
bin=${VENV:-.venv}/bin
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
out=${out:-dist/dxfvision-$version.tar}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
to=$work/dxfvision-$version
mkdir -p "$to/model" "$(dirname "$out")"

die() { printf 'bundle: %s\n' "$*" >&2; exit 1; }
[ -d "$home" ] || die "$home: there is no such home folder; give one with --home"

echo "packages: as locked, for $(uname -m) and $("$bin/python" -V)"
# What is at hand need not be asked for again: WHEELS names a folder of wheels from an earlier bundle.
wheels() {
    "$bin/python" -m pip -q --disable-pip-version-check wheel --no-deps --wheel-dir "$to/wheels" "$@" 2>"$work/log" ||
        { cat "$work/log" >&2; die "the packages cannot be had (see above); nothing was written"; }
}
wheels ${WHEELS:+--find-links "$WHEELS"} -r requirements-worker.txt
wheels .
sed -E 's/^(torch==[0-9.]+).*/\1/' requirements-worker.txt >"$to/requirements-worker.txt"

cp -r deploy/install.sh deploy/uninstall.sh deploy/systemd deploy/image deploy/prefect.yaml "$to/"
cp -r monitoring "$to/monitoring"
cp docs/boxes.md "$to/README.md"
cp LICENSE "$to/"
printf '%s\n' "$version" >"$to/VERSION"
for kind in data/raw/dxf_templates:drawings configs:configs data/calibrations:calibrations; do
    # The repository's own configs/ are the shipped settings, no box's.
    if [ "${kind#*:}" = configs ] && [ "$home/configs" -ef configs ]; then continue; fi
    [ ! -d "$home/${kind%%:*}" ] || cp -r "$home/${kind%%:*}" "$to/${kind#*:}"
done
if champion=$("$bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["version"])' "$home/models/registry/champion.json" 2>/dev/null); then
    "$bin/dxfvision" models export "$champion" "$to/model/$champion.bentomodel" --home "$home" >/dev/null
    echo "model: $champion"
else
    echo "model: $home has no champion; the box makes its first one from its drawings"
fi
if [ "$images" = 1 ]; then
    # As the repository lies, as far as prepare.sh and the containers look at it.
    compose=$to/compose
    mkdir -p "$compose/deploy" "$compose/data/raw/images"
    cp docker-compose*.yml "$compose/"
    sed "s/^DXFVISION_VERSION=.*/DXFVISION_VERSION=$version/" .env.example >"$compose/.env.example"
    cp -r deploy/prepare.sh deploy/configs "$compose/deploy/"
    cp -r monitoring "$compose/monitoring"
    [ ! -d "$to/configs" ] || cp -r "$to/configs/." "$compose/deploy/configs/"
    if [ -d "$to/drawings" ]; then cp -r "$to/drawings" "$compose/data/raw/dxf_templates"; else mkdir "$compose/data/raw/dxf_templates"; fi
    if docker compose version >/dev/null 2>&1; then call=(docker compose); else call=(docker-compose); fi
    mapfile -t names < <(DXFVISION_VERSION=$version "${call[@]}" config | sed -n 's/^ *image: *//p' | tr -d '"' | sort -u)
    [ ${#names[@]} -gt 0 ] || die "Compose names no images (see above); nothing was written"
    docker save "${names[@]}" | gzip -1 >"$to/images.tar.gz"
    echo "images: ${names[*]}"
fi
(cd "$to" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf "$out.partial" "dxfvision-$version"
mv "$out.partial" "$out"
(cd "$(dirname "$out")" && sha256sum "$(basename "$out")" >"$(basename "$out").sha256")
echo "$out: $(du -h "$out" | cut -f1), its checksum in $out.sha256"
