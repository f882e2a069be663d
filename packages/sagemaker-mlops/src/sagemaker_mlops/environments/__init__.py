"""Settings of the environments, operations settings, and names of the AWS resources derived from them."""
