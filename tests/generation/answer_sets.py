"""Sets of answers that must all give a working project."""

ONE_ACCOUNT = dict.fromkeys(("dev_account_id", "staging_account_id", "production_account_id"), "123456789012")

ANSWER_SETS: dict[str, dict[str, str]] = {
    "defaults": {},
    "longest names": {
        "project_name": "P" * 80,
        "project_slug": "a" * 29,
        "description": "d" * 200,
        "github_owner": "o" * 39,
        "github_repository": "r" * 100,
    },
    "shortest names": {"project_name": "X", "project_slug": "x", "description": "y", "github_owner": "z"},
    "one account": ONE_ACCOUNT,
    "three accounts": {
        "dev_account_id": "000000000001",
        "staging_account_id": "020000000000",
        "production_account_id": "999999999999",
    },
    "us-east-1": {"aws_region": "us-east-1"},
    "long region": {"aws_region": "ap-southeast-2", "monitoring_runtime": "scheduled_pipeline"},
    "non-ASCII": {
        "project_name": "Über-Käufe: prévision",
        "project_slug": "kaeufe",
        "description": "Prédit l'achat — 購入を予測する, 100 % sûr? # no: comment",
    },
    "words that YAML takes for something else": {
        "project_name": "null",
        "project_slug": "on",
        "github_owner": "123",
        "github_repository": "1e5",
        "team_email": "#*!o'neill@example.com",
    },
    "punctuation": {"project_name": "A - B [/b] & <c> %s $(id) `x` {d}", "description": "50 % & <b> 'x' $HOME #1"},
    "scheduled pipeline": {"monitoring_runtime": "scheduled_pipeline"},
    "several code owners": {"code_owners": "@ann @example-org/ml-team"},
    "apache": {"license": "Apache-2.0"},
    "mit": {"license": "MIT", "team_email": "first.last+tag@sub.example.co.uk"},
}
