"""Hook that checks the answers before any file is written.

It reports all faults at once, each with what was expected, what was found and what to enter instead.
"""

import re
import shlex
import sys

ANSWERS = {
    "project_name": {{cookiecutter.project_name | tojson}},
    "project_slug": {{cookiecutter.project_slug | tojson}},
    "team_email": {{cookiecutter.team_email | tojson}},
    "github_owner": {{cookiecutter.github_owner | tojson}},
    "github_repository": {{cookiecutter.github_repository | tojson}},
    "code_owners": {{cookiecutter.code_owners | tojson}},
    "aws_region": {{cookiecutter.aws_region | tojson}},
    "dev_account_id": {{cookiecutter.dev_account_id | tojson}},
    "staging_account_id": {{cookiecutter.staging_account_id | tojson}},
    "production_account_id": {{cookiecutter.production_account_id | tojson}},
}
DESCRIPTION = {{cookiecutter.description | tojson}}
CHOICES = {
    "monitoring_runtime": {{cookiecutter.monitoring_runtime | tojson}},
    "license": {{cookiecutter.license | tojson}},
}
TEMPLATE = {{cookiecutter._template | tojson}}

# The longest name built from the slug is a bucket, `<slug>-production-<account>-artifacts`; S3 allows 63 characters.
LONGEST_SUFFIX = "-production-123456789012-artifacts"
S3_BUCKET_NAME_LIMIT = 63
SLUG_LIMIT = S3_BUCKET_NAME_LIMIT - len(LONGEST_SUFFIX)

# S3 does not allow these prefixes for buckets, nor SageMaker and IAM for names in general.
RESERVED_PREFIXES = ("aws", "amzn-s3-demo-", "sthree-", "xn--")

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
GITHUB_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?")
GITHUB_REPOSITORY = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._][A-Za-z0-9._-]{0,99}")
# GitHub ignores a CODEOWNERS line with any other form, such as an organization without a team.
OWNER = r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?(?:/[A-Za-z0-9_-]{1,100})?"
CODE_OWNERS = re.compile(rf"{OWNER}(?: {OWNER})*")
REGION = re.compile(
    r"(us|eu|ap|sa|ca|me|af|il|mx)-(central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]"
)
OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-iso", "eusc-")
ACCOUNT = re.compile(r"(?!0{12})[0-9]{12}")  # localcloud uses the account of twelve zeros


def slug_faults(slug):
    """Return the faults of the slug: its syntax, its length, a reserved prefix."""
    faults = []
    if not SLUG.fullmatch(slug):
        faults.append(
            f"project_slug: expected lower-case letters, digits and single hyphens, beginning with a letter; "
            f"found {slug!r}. Try {suggest_slug(slug)!r}."
        )
    if len(slug) > SLUG_LIMIT:
        faults.append(
            f"project_slug: expected at most {SLUG_LIMIT} characters, because AWS names grow to "
            f"'<slug>{LONGEST_SUFFIX}' and S3 stops at {S3_BUCKET_NAME_LIMIT}; found {len(slug)} in {slug!r}. "
            f"Try {suggest_slug(slug)!r}."
        )
    faults += [
        f"project_slug: AWS reserves names that begin with {prefix!r}; found {slug!r}. Choose another first word."
        for prefix in RESERVED_PREFIXES
        if slug.startswith(prefix)
    ]
    return faults


def suggest_slug(text):
    """Return the nearest slug that would be accepted."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-0123456789")
    return words[:SLUG_LIMIT].strip("-") or "purchase-intent"


def pattern_fault(key, pattern, expected, example):
    """Return a list with the fault of an answer that must match a pattern, or an empty list."""
    if pattern.fullmatch(ANSWERS[key]):
        return []
    return [f"{key}: expected {expected}; found {ANSWERS[key]!r}. For example {example!r}."]


def region_faults(region):
    """Return the faults of the region: its syntax, or a partition whose ARNs do not begin with arn:aws:."""
    if region.startswith(OTHER_PARTITIONS):
        return [
            f"aws_region: expected a commercial region, because all ARNs of the project begin with 'arn:aws:'; "
            f"found {region!r}, which is of another partition. Choose another, for example 'eu-west-1'."
        ]
    return pattern_fault("aws_region", REGION, "the code of a commercial AWS region", "eu-west-1")


def text_fault(key, text, limit):
    """Return a list with the fault of a text, which must be one line that AWS and GitHub can show."""
    if not text.strip():
        return [f"{key}: expected some text; found nothing. Type a short one, it can be changed later."]
    if not text.isprintable() or '"' in text or "\\" in text:
        return [
            f"{key}: expected one line without double quotes or backslashes; found {text!r}. Leave those characters out."
        ]
    if len(text) > limit:
        return [f"{key}: expected at most {limit} characters; found {len(text)}. Shorten it."]
    return []


def faults():
    """Return all faults of the answers, in the order of the questions."""
    found = text_fault("project_name", ANSWERS["project_name"], 80) + slug_faults(ANSWERS["project_slug"])
    found += text_fault("description", DESCRIPTION, 200)
    found += pattern_fault("team_email", EMAIL, "an e-mail address", "ml-team@example.com")
    found += pattern_fault("github_owner", GITHUB_OWNER, "a GitHub organisation or user name", "example-org")
    found += pattern_fault(
        "github_repository", GITHUB_REPOSITORY, "a GitHub repository name without the owner", "purchase-intent"
    )
    found += pattern_fault(
        "code_owners", CODE_OWNERS, "@user or @organization/team, separated by spaces", "@example-org/ml-team"
    )
    found += region_faults(ANSWERS["aws_region"])
    for environment in ("dev", "staging", "production"):
        found += pattern_fault(f"{environment}_account_id", ACCOUNT, "an AWS account id of 12 digits", "111111111111")
    return found


def kept_answers(found):
    """Return the answers without a fault."""
    wrong = {fault.partition(":")[0] for fault in found}
    answers = ANSWERS | {"description": DESCRIPTION} | CHOICES
    return {key: answer for key, answer in answers.items() if key not in wrong}


def command_with(answers):
    """Return the command that asks the questions again, with answers as the suggestions."""
    words = [TEMPLATE, *(f"{key}={answer}" for key, answer in answers.items())]
    return f"cookiecutter {' '.join(map(shlex.quote, words))}"


found = faults()
if found:
    print(
        f"\nNothing was generated: {len(found)} answer{'s' if len(found) > 1 else ''} cannot work.\n", file=sys.stderr
    )
    for fault in found:
        print(f"  - {fault}", file=sys.stderr)
    print("\nRun cookiecutter again and answer these differently. To keep the other answers:\n", file=sys.stderr)
    print(f"  {command_with(kept_answers(found))}\n", file=sys.stderr)
    sys.exit(1)
