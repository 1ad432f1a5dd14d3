#!/bin/sh
# What is done to an environment before it goes into an image: finish.sh FOLDER (the environment)
#
# Compiled files bear no time stamps, so that the same sources give the same bytes.
set -eu
folder=$1
here=$(dirname "$0")

install -m 755 "$here/probe.py" "$folder/bin/probe"
install -m 755 "$here/with-secrets.sh" "$folder/bin/with-secrets"
install -m 755 "$here/check-volume.sh" "$folder/bin/check-volume"

packages=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
ls "$packages" | sed -n 's/^dxfvision-\(.*\)\.dist-info$/\1/p' >"$folder/VERSION"
# Prefect's declarations of the deployments lie beside the packages, as in the repository.
if [ -f "$here/../prefect.yaml" ] && [ -d "$packages/prefect" ]; then
    install -D -m 644 "$here/../prefect.yaml" "$packages/deploy/prefect.yaml"
fi
"$folder/bin/python" -m compileall -q --invalidation-mode unchecked-hash \
    "$packages/components" "$packages/flows" "$packages/configs"
