"""Memory plans: which tensors share storage, when it is live, and where in the arena it lies."""
