"""AWS services on this machine: ministack in this process, and the SageMaker API that ministack lacks.

The package depends on AWS only, not on the project that uses it.
"""
