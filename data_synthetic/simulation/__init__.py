"""A synthetic breach, drawn from a scenario, and the judgement of methods on it.

Nobody described here is real. The package `analysis` never imports this one; a breach drawn here is
read by it like any other.

Glossary
--------
scenario : Scenario
    The parameters of a breach and its seed; an item is the value of a parameter.
vocabulary : Vocabulary, or pathlib.Path of its folder
    Names and streets with their probabilities, and the grammar of comments.
catchment : Catchment
    Laboratories, and the départements their patients and prescribers come from.
slot : Slot
    A partition, and how many there are.
n : int
    How many values [values].
rng : numpy.random.Generator
    Source of randomness.
processes : int, default 1
    Worker processes; they change nothing but the time.
"""
