"""Git's post-receive hook: `python -m localcloud.github.hook URL`.

Standard input has a line `before after ref` for each pushed ref.
"""

import json
import sys
import urllib.error
import urllib.request


def main() -> int:
    """Report the push to the stand-in for GitHub. A push succeeds even if localcloud is not running."""
    for line in sys.stdin:
        before, after, ref = line.split()
        body = json.dumps({"before": before, "after": after, "ref": ref}).encode()
        request = urllib.request.Request(sys.argv[1], data=body, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                started = json.load(answer)["started"]
        except (urllib.error.URLError, OSError):
            print("localcloud is not running, so no workflow starts; start it with: mlops local up")
            continue
        print(f"workflows: {', '.join(started) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
