"""The model contract: `contract.yaml`, its types, and the checks of data and models against it."""
