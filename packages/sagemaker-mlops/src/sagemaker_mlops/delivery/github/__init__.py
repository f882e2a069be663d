"""GitHub's REST API, as far as the commands need it."""
