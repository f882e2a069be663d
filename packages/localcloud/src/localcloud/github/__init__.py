"""Stand-in for GitHub: the REST API calls that the project uses, and the repository's real workflows.

The calls read and write a bare git repository. `act` runs the workflows.
"""
