"""Synthetic breaches: what they are drawn from, a readable sample, and the code that draws."""
