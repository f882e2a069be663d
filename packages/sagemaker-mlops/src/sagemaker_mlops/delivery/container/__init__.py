"""Container tests of the image: rules, local runs as on SageMaker, and causes of failures."""
