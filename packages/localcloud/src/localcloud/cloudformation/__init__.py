"""CloudFormation resource types that ministack lacks, implemented with the public API of each service."""
