#!/bin/sh
# What is done to an environment before it goes into an image: finish.sh FOLDER (the environment)
#
# The same sources give the same bytes: no time stamps in compiled files, which are compiled here once
# because an image's root is read-only. What only compilers read is left out.
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
rm -rf "$packages"/torch/include "$packages"/torch/test "$packages"/torch/share
rm -rf "$packages"/pyarrow/include "$packages"/pyarrow/tests
find "$packages" -path '*/tests/*' -name 'test_*.py' -delete
find "$folder" -name __pycache__ -prune -exec rm -rf {} +
"$folder/bin/python" -m compileall -q --invalidation-mode unchecked-hash "$packages"
