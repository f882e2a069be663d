"""Lambda functions, one folder each.

The deployment archive contains this package next to the locked packages.
"""
