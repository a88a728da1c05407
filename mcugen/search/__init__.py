"""Search of architectures under budgets: spaces, costs, the supernet and its training."""
