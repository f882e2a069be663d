"""CloudFormation resource types that the hosting cloud lacks, each over the API that people call."""
