"""The repository itself: its ids, how its tokens name it to a cloud, and its code owners."""

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
    """Return how the repository's OpenID Connect tokens name it: with ids, unless a test makes it an old one."""
    found = github.records.setting(SUBJECT) or NEW_SUBJECT
    return Answer(200, {**found, "sub_claim_prefix": subject_prefix(github.records)})


def subject_prefix(records: Records) -> str:
    """Return what the subjects of the repository's tokens begin with."""
    owner, _, name = (records.setting("full-name") or "localcloud/project").partition("/")
    if (records.setting(SUBJECT) or NEW_SUBJECT).get("use_immutable_subject"):
        return f"repo:{owner}@{OWNER_ID}/{name}@{REPOSITORY_ID}"
    return f"repo:{owner}/{name}"


@call("PUT", "/actions/oidc/customization/sub")
def put_subject(github: GitHub, request: Request) -> Answer:
    """Let the tokens name the repository in another way."""
    github.records.set_setting(SUBJECT, request.body)
    return Answer(201, {})


@call("GET", "/codeowners/errors")
def list_owner_errors(github: GitHub, request: Request) -> Answer:
    """Return lines of CODEOWNERS whose owners are none; which accounts exist is not known here."""
    found = github.repository.read(OWNERS_FILE, github.repository.require_head(MAIN))
    return Answer(200, {"errors": list(_errors(found[1].decode()) if found else ())})


def _errors(text: str) -> Iterator[dict[str, object]]:
    for number, line in enumerate(text.splitlines(), 1):
        owners = line.partition("#")[0].split()[1:]
        if any(not OWNER.fullmatch(owner) for owner in owners):
            yield {"line": number, "kind": "Invalid owner", "path": OWNERS_FILE}
