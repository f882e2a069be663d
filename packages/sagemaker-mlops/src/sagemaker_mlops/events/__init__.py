"""Lambda functions, a folder each. In Lambda this package stands beside the locked packages."""
