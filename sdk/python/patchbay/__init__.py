"""The Python library of Patchbay. `patchbay.webhooks` verifies webhooks."""
