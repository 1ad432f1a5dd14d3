#!/bin/sh
# What is done to the packages of an environment: packages.sh FOLDER (the environment)
#
# They are compiled here once, for an image's root is read-only; without time stamps, so that the same
# lock gives the same bytes. What only compilers and tests read is left out.
set -eu
folder=$1
packages=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
rm -rf "$packages"/torch/include "$packages"/torch/test "$packages"/torch/share
rm -rf "$packages"/pyarrow/include "$packages"/pyarrow/tests
find "$packages" -path '*/tests/*' -name 'test_*.py' -delete
find "$packages" -name '*.a' -delete
find "$folder" -name __pycache__ -prune -exec rm -rf {} +
# Some packages carry templates that only look like Python; those stay as they are.
"$folder/bin/python" -m compileall -q --invalidation-mode unchecked-hash "$packages" >/dev/null || true
