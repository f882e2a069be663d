"""The few calls of GitHub's REST API that the repository uses, over a bare git repository, and its real workflows."""
