"""The variables of a workflow's jobs, once they have credentials."""

from collections.abc import Mapping


def environment_of_jobs(cloud_url: str, given: Mapping[str, str]) -> dict[str, str]:
    """What a job has once it has credentials: this cloud, and what the project wants its jobs to have."""
    return {
        "AWS_ENDPOINT_URL": cloud_url,
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "localcloud",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **given,
    }
