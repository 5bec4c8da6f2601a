"""The gate: nothing is shown before what is small is hidden, and stays hidden under attack.

Only `release` makes a `Release`. All cells of a release, and of those before it, are one linear
system; an attacker who solves it must not learn a hidden number better than the rule allows.
"""

from analysis.disclosure.attack import Needs, bound, find_exposed, reach
from analysis.disclosure.comparison import compare_hiding
from analysis.disclosure.gate import Release, release
from analysis.disclosure.ledger import hash_entry
from analysis.disclosure.primary import gather_cells
from analysis.disclosure.protection import Choice, pose
from analysis.disclosure.rules import read_profile
from analysis.disclosure.suppression import hide, list_needs
from analysis.disclosure.system import Bools, Floats, System, cross
