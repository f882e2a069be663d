"""A monitor: reads the folder, leaves what it was told, ends as the first captured line says."""

import json
import os
import pathlib
import sys

files = sorted(pathlib.Path(os.environ["dataset_source"]).rglob("*.jsonl"))  # noqa: SIM112  (Model Monitor writes it so)
told = {name: os.environ[name] for name in ("start_time", "end_time", "sagemaker_endpoint_name", "MINE")}
place = pathlib.Path(os.environ["output_path"])  # noqa: SIM112  (Model Monitor writes it so)
(place / "told.json").write_text(json.dumps({**told, "files": [str(file) for file in files]}))
end = json.loads(files[0].read_text().splitlines()[0])
(place.parents[1] / "output" / "message").write_text(end["message"])
sys.exit(end["code"])
