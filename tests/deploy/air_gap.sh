#!/usr/bin/env bash
# What tests/deploy/test_air_gap.py does on a bare box: unpack, install, serve, ask, install again, damage.
set -euo pipefail
cd /tmp
if [ "$(ls /sys/class/net)" = lo ]; then echo "a way out: none"; fi
(cd /packed && sha256sum -c bundle.tar.sha256)
tar xf /packed/bundle.tar
bundle=$(echo dxfvision-*)
"$bundle/install.sh" --root /box

export DXFVISION_HOME=/box/var/lib/dxfvision HOME=/tmp
bin=/box/opt/dxfvision/current/bin
"$bin/dxfvision" serve >serve.log 2>&1 &
service=$!
"$bin/python" - <<'PYTHON' || { cat serve.log; exit 1; }
import json
import time
from pathlib import Path
from urllib.request import Request, urlopen

URL = "http://127.0.0.1:3000"
picture = min(Path("/box/var/lib/dxfvision").glob("models/registry/models/*/*/golden/*.*g"))
for _ in range(120):
    try:
        urlopen(f"{URL}/readyz", timeout=5)
        break
    except OSError:  # also a slow answer while it starts
        time.sleep(1)
request = Request(f"{URL}/predict", picture.read_bytes(), {"Content-Type": "image/png"})
found = json.load(urlopen(request, timeout=60))["detections"]
print("answered:", ", ".join(sorted({each["label"] for each in found})))
PYTHON
kill "$service"
wait "$service" || true

"$bundle/install.sh" --root /box
printf x >>"$(find "$bundle/model" -type f)"
if ! "$bundle/install.sh" --root /other 2>&1 && [ ! -e /other/opt ]; then
    echo "damaged: refused, nothing below /other"
fi
