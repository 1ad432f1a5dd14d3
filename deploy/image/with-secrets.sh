#!/bin/sh
# Start a command with secrets that lie in files: NAME__FILE=/run/secrets/x becomes NAME=(its content).
# So no secret stands in compose files, in `docker inspect` or on a command line.
set -eu
for name in $(env | sed -n 's/^\([A-Z][A-Z0-9_]*\)__FILE=.*/\1/p'); do
    eval "file=\${${name}__FILE}"
    if [ ! -r "$file" ]; then
        echo "with-secrets: ${name}__FILE=$file cannot be read; make it with deploy/prepare.sh" >&2
        exit 78
    fi
    eval "export $name=\"\$(cat \"\$file\")\""
    unset "${name}__FILE"
done
exec "$@"
