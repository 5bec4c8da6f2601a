"""The gate: nothing is shown before what is small is hidden, and stays hidden under attack.

Only this room makes a `Release`: of counts by `release`, of what counts nobody by `publish`. All
cells of a release, and of those before it, are one linear system; an attacker who solves it must
not learn a hidden number better than the rule allows. What was asked for before is answered as it
was then.

Glossary
--------
ledger : Ledger, optional
    Earlier releases: they are taken into account, and this one is added. Default: the file
    ``releases.jsonl`` in the folder of the breach, so that all pages of a breach are one edition.
rule : str, default 'health'
    Rule for small cells, a row of ``disclosure_profiles.csv``.
threshold : int, optional
    Smallest number of persons shown, if not the rule's.
cost : {'persons', 'cells', 'information'}
    What hiding a cell costs.
sensitive : sequence of str, optional
    Categories that nobody, or everybody, in a place, a laboratory, a sex or an age must not be
    known to have. Default: what comments say about health.
rounded_to : int, optional
    Round all counts to multiples of this number, so that they still add up, instead of hiding
    small ones. Rates are then missing.
"""

from analysis.disclosure.attack import Needs, audit, feasibility_intervals, find_exposed
from analysis.disclosure.comparison import bound_masked, compare_hiding, compare_releases
from analysis.disclosure.gate import Release, publish, release, release_edition, release_together
from analysis.disclosure.ledger import Ledger
from analysis.disclosure.primary import gather_cells, read_rule
from analysis.disclosure.protection import Choice, pose
from analysis.disclosure.suppression import hide, list_needs
from analysis.disclosure.system import Bools, Floats, System, cross
