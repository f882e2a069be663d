"""REST API calls for the repository, the subject of its OpenID Connect tokens, and its code owners."""

import re
from collections.abc import Iterator

from localcloud.github.answers import Answer, Request
from localcloud.github.bare_repository import MAIN
from localcloud.github.records import Records
from localcloud.github.service import GitHub, call

OWNER_ID, REPOSITORY_ID = 1_000_001, 2_000_002
SUBJECT = "oidc-subject"
NEW_SUBJECT = {"use_default": True, "use_immutable_subject": True}
OWNERS_FILE = ".github/CODEOWNERS"
OWNER = re.compile(r"@[A-Za-z0-9-]+(/[A-Za-z0-9_.-]+)?|[^@\s]+@[^@\s]+")


@call("GET", "/")
def get_repository(github: GitHub, request: Request) -> Answer:
    """Return the repository and its owner."""
    full_name = github.records.setting("full-name")
    owner, _, name = full_name.partition("/")
    about = {"login": owner, "id": OWNER_ID, "type": "Organization"}
    return Answer(200, {"id": REPOSITORY_ID, "name": name, "full_name": full_name, "owner": about})


@call("GET", "/actions/oidc/customization/sub")
def get_subject(github: GitHub, request: Request) -> Answer:
    """Return the format of the subject in the repository's OpenID Connect tokens.

    By default it contains ids, as for new repositories.
    """
    found = github.records.setting(SUBJECT) or NEW_SUBJECT
    return Answer(200, {**found, "sub_claim_prefix": subject_prefix(github.records)})


def subject_prefix(records: Records) -> str:
    """Return the beginning of the subject in the repository's tokens."""
    owner, _, name = (records.setting("full-name") or "localcloud/project").partition("/")
    if (records.setting(SUBJECT) or NEW_SUBJECT).get("use_immutable_subject"):
        return f"repo:{owner}@{OWNER_ID}/{name}@{REPOSITORY_ID}"
    return f"repo:{owner}/{name}"


@call("PUT", "/actions/oidc/customization/sub")
def put_subject(github: GitHub, request: Request) -> Answer:
    """Set the format of the subject in the repository's tokens."""
    github.records.set_setting(SUBJECT, request.body)
    return Answer(201, {})


@call("GET", "/codeowners/errors")
def list_owner_errors(github: GitHub, request: Request) -> Answer:
    """List the lines of CODEOWNERS with malformed owners. It is not checked whether an account exists."""
    found = github.repository.read(OWNERS_FILE, github.repository.require_head(MAIN))
    return Answer(200, {"errors": list(_errors(found[1].decode()) if found else ())})


def _errors(text: str) -> Iterator[dict[str, object]]:
    for number, line in enumerate(text.splitlines(), 1):
        owners = line.partition("#")[0].split()[1:]
        if any(not OWNER.fullmatch(owner) for owner in owners):
            yield {"line": number, "kind": "Invalid owner", "path": OWNERS_FILE}
