"""Construction of the stand-in for GitHub."""

from collections.abc import Mapping

from localcloud.cloud import Cloud
from localcloud.github.bare_repository import BareRepository
from localcloud.github.records import Records
from localcloud.github.runner import Runner
from localcloud.github.service import GitHub
from localcloud.github.web import PREFIX

FOLDER = "github.git"
DIRECT = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


def stand_in(cloud: Cloud, cloud_url: str, job_variables: Mapping[str, str], outside: Mapping[str, str]) -> GitHub:
    """Return the stand-in for GitHub of a localcloud.

    Args:
        cloud: the localcloud whose store holds the records.
        cloud_url: URL of that localcloud.
        job_variables: environment variables that the project's jobs have once they have credentials.
        outside: environment of the person who started localcloud, in which workflows run.
    """
    url = f"{cloud_url}{PREFIX}"
    repository, records = BareRepository(cloud.directory / FOLDER), Records(cloud.store)
    repository.make(f"{url}/_local/pushed")
    runner = Runner(cloud, repository, records, url, {**DIRECT, **job_variables}, outside)
    return GitHub(url, repository, records, runner)
