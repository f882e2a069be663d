"""Infrastructure of the environments, as stacks and constructs of the AWS CDK."""
