"""Rewrites a quantized model with fewer bits a weight, and measures what that costs."""
