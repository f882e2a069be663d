"""The model's promise to the business: `contract.yaml`, its types, and the checks of data against it."""
