#!/bin/sh
# Types, layers and tests of the library, in a project that was generated, set up, and has no tests of its own.
# usage: run.sh PROJECT [path below tests/library]
set -eu
tests=$(cd "$(dirname "$0")" && pwd)
cd "$1"
library=packages/sagemaker-mlops
MYPYPATH=. .venv/bin/mypy --config-file $library/pyproject.toml $library/src/sagemaker_mlops
(cd $library && PYTHONPATH=src ../../.venv/bin/lint-imports --config pyproject.toml)
exec .venv/bin/python -m pytest -c "$tests/pytest.ini" --confcutdir "$tests" --numprocesses 2 "$tests${2:+/$2}"
