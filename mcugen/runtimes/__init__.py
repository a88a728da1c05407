"""What executes a model on the device."""
