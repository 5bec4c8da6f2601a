"""A synthetic breach, drawn from a scenario, and the judgement of methods on it.

Nobody described here is real. The package `analysis` never imports this one; a breach drawn here is
read by it like any other.
"""
