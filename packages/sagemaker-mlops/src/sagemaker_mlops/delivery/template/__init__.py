"""Updates of the project from newer versions of its template."""
