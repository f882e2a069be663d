"""What git runs after a push: `python -m localcloud.github.hook URL`, with `before after ref` on standard input."""

import json
import sys
import urllib.error
import urllib.request


def main() -> int:
    """Tell the stand-in; a push never fails because nobody listens."""
    for line in sys.stdin:
        before, after, ref = line.split()
        body = json.dumps({"before": before, "after": after, "ref": ref}).encode()
        request = urllib.request.Request(sys.argv[1], data=body, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                started = json.load(answer)["started"]
        except (urllib.error.URLError, OSError):
            print("localcloud is not running, so no workflow starts; start it with: make local-up")
            continue
        print(f"workflows: {', '.join(started) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
