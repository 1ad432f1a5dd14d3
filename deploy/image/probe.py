#!/opt/dxfvision/bin/python -IS
"""Ask a URL for a health check: exit code 0 if it answers 200, else 1 and the reason.

It loads nothing but the standard library, so that asking every few seconds costs next to nothing.
"""

import sys
from urllib.error import HTTPError
from urllib.request import urlopen

TIMEOUT_S = 4.0


def main() -> None:
    """Ask the URL given as the first argument."""
    url = sys.argv[1]
    try:
        with urlopen(url, timeout=TIMEOUT_S) as answer:
            print(answer.read(300).decode("utf-8", "replace"))
    except HTTPError as error:
        text = error.read(300).decode("utf-8", "replace")
        sys.exit(f"{url}: {error.code} {text}")
    except OSError as error:
        sys.exit(f"{url}: {error}")


main()
