"""A job that does what its arguments say, with nothing but the standard library."""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--input", type=Path)
parser.add_argument("--write", type=Path)
parser.add_argument("--text", default="written")
parser.add_argument("--exit", type=int, default=0)
parser.add_argument("--reason")
parser.add_argument("--output", type=Path)
parser.add_argument("--sleep", type=float, default=0)
parser.add_argument("--grandchild", type=Path)
arguments = parser.parse_args()

print("hello from the job\n\nafter an empty line", flush=True)
if arguments.grandchild:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    arguments.grandchild.write_text(f"{os.getpid()} {child.pid}")
time.sleep(arguments.sleep)
if arguments.write:
    arguments.write.mkdir(parents=True, exist_ok=True)
    found = (
        sorted(str(path.relative_to(arguments.input)) for path in arguments.input.rglob("*")) if arguments.input else []
    )
    content = {"text": arguments.text, "found": found, "environment": dict(os.environ)}
    (arguments.write / "result.json").write_text(json.dumps(content))
if arguments.reason and arguments.output:
    for name in ("failure", "message"):
        (arguments.output / name).write_text(arguments.reason)
sys.exit(arguments.exit)
