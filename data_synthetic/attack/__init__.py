"""The attack with everything together: what a reader of all pages can work out of what they hide.

``edition`` runs pages and keeps what they show, ``reader`` turns it into statements, ``intruder``
solves them as one system, ``findings`` compares with the truth. None of them knows the gate.
"""
