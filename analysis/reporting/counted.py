"""List the words that say that a number counts people or their records."""

from __future__ import annotations

import re

ENGLISH = (
    "persons? people patients? individuals? records? women woman men man children child "
    "bab(?:y|ies) adults? girls? boys? policy-?holders? account-?holders? customers? clients? "
    "members? users? subscribers? beneficiar(?:y|ies) claimants? employees? workers? pupils? "
    "students? victims? citizens? taxpayers? tenants? passengers? households? famil(?:y|ies) "
    "insured lines? accounts?"
)
FRENCH = (
    "personnes? patient(?:e|s|es)? individus? enregistrements? femmes? hommes? enfants? bébés? "
    "adultes? filles? garçons? mineure?s? majeure?s? assurée?s? usager(?:e|è?re)?s? cliente?s? "
    "bénéficiaires? adhérente?s? sociétaires? allocataires? titulaires? salariée?s? employée?s? "
    "agente?s? abonnée?s? élèves? étudiante?s? membres? utilisat(?:eur|rice)s? malades? victimes? "
    "citoyen(?:ne)?s? contribuables? locataires? foyers? ménages? familles? lignes? dossiers? "
    "comptes?"
)
WORDS = (
    ("zero", "zéro"),
    ("one", "un", "une"),
    ("two", "deux"),
    ("three", "trois"),
    ("four", "quatre"),
    ("five", "cinq"),
    ("six",),
    ("seven", "sept"),
    ("eight", "huit"),
    ("nine", "neuf"),
    ("ten", "dix"),
    ("eleven", "onze"),
    ("twelve", "douze"),
    ("thirteen", "treize"),
    ("fourteen", "quatorze"),
    ("fifteen", "quinze"),
    ("sixteen", "seize"),
    ("seventeen", "dix-sept"),
    ("eighteen", "dix-huit"),
    ("nineteen", "dix-neuf"),
    ("twenty", "vingt"),
)
TENS = (
    r"hundred|thousand|million|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    r"vingts?|trente|quarante|cinquante|soixante|cents?|mille"
)
NUMBERS = {word: number for number, words in enumerate(WORDS) for word in words}


def _spell(nouns: str) -> str:
    """Let accents be missing, as they often are in names of columns."""
    return re.sub("[éè]", "[éèe]", nouns.replace("ç", "[çc]")).replace(" ", "|")


COUNTED = _spell(f"(?:{ENGLISH} {FRENCH})")
PLURAL = COUNTED.replace("s?", "s").replace("y|ies", "ies")
UNNAMED = r"(?:n|nb|nbr|nombre|number|counts?|effectifs?|headcount|freq|frequency|fréquence)"
WORD = rf"(?:{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
