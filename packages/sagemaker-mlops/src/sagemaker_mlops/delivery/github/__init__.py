"""Client of GitHub's REST API, and the setup of a repository."""
