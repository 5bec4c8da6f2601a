"""Read French comments: which topics they name, and how."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from analysis import reference

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span

RULES = Path(__file__).parent / "comment_rules.csv"
PRACTICAL, MEDICINE = "practical", "treatment"
KINDS = ("spelling", "practical", "topic", "cue")
# What the qualifiers are called in edsnlp, the strongest first.
STRENGTHS = ("family", "negation", "hypothesis", "history")
QUALIFIERS = ("affirmed", "family", "negated", "hypothesis", "history")
BY_STRENGTH = dict(zip(STRENGTHS, QUALIFIERS[1:], strict=True))
# Cues that come on top of edsnlp's own; of the others there are none but the table's.
ADDED = ("preceding", "following")
# A sign between blanks parts two remarks, unless a spelling rule gave it a meaning before.
_SEPARATOR = re.compile(r"\s[-+/]+\s|[=-]*>\s|[.!]+(?:\s|$)|\s*[;\n]\s*|^[-+]|//")
_LETTERS = re.compile(r"[a-z]{6,}")


class Finding(NamedTuple):
    """
    One thing a comment says.

    Attributes
    ----------
    topic : str
        A topic; a drug's is ``treatment.`` and its ATC class.
    qualifier : str
        One of `QUALIFIERS`.
    term, cue : str
        Words that matched, and the words that qualify them; no cue if the rule says it itself.
    rule : str
        The pattern of the rule, or the ATC code of edsnlp's list of drugs.
    start, end : int
        Place in the prepared comment [characters].
    """

    topic: str
    qualifier: str
    term: str
    cue: str
    rule: str
    start: int
    end: int

    @property
    def label(self) -> str:
        """Topic and qualifier."""
        return f"{self.topic}:{self.qualifier}"

    @property
    def is_guess(self) -> bool:
        """Whether only the rule itself supposes it."""
        return self.qualifier == "hypothesis" and not self.cue

    @property
    def subject(self) -> str:
        """The topic without a drug's class; HIV and its test are one subject."""
        return re.split(r"[._]", self.topic)[0]


@dataclass(frozen=True, eq=False)
class Reader:
    """
    What reads a comment.

    Attributes
    ----------
    pipeline : edsnlp.Pipeline
        Finds topics and drugs, and the words that qualify them.
    patterns : dict of str to list of str
        The patterns of each label, to name the one that matched.
    spellings : list of (re.Pattern, str)
        What is written otherwise before anything is matched, in order.
    practical : re.Pattern
        Any practical remark.
    misspelt : dict of str to str
        A word of the rules by each form that lacks one of its letters.
    """

    pipeline: Any
    patterns: dict[str, list[str]]
    spellings: list[tuple[re.Pattern[str], str]]
    practical: re.Pattern[str]
    misspelt: dict[str, str]


def read_rules() -> pd.DataFrame:
    """
    Read the rules of the reader: one row per term.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (one of `KINDS`), ``target`` (a topic; of a cue, the qualifier and the argument
        of edsnlp that it goes into), ``qualifier`` of a topic where no cue says otherwise,
        ``pattern``: a regular expression on normalised text, plain words for a cue.

    Raises
    ------
    ValueError
        If a kind or qualifier is unknown, or a pattern is not a regular expression.
    """
    rules = pd.read_csv(RULES, dtype=str, keep_default_na=False)
    is_wrong = ~rules["kind"].isin(KINDS)
    is_wrong |= rules["kind"].eq("topic") & ~rules["qualifier"].isin(QUALIFIERS)
    if is_wrong.any():
        lines = (rules.index[is_wrong] + 2).tolist()
        raise ValueError(f"{RULES}, lines {lines}: kind or qualifier is unknown")
    for line, pattern in rules.loc[rules["kind"].ne("cue"), "pattern"].items():
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{RULES}, line {int(str(line)) + 2}: {error}") from error
    return rules


def build_reader() -> Reader:
    """
    Build the reader from its rules.

    Returns
    -------
    Reader
        It takes some seconds to build; nothing is downloaded.
    """
    rules = read_rules()
    spellings, practical, topics, cues = (rules[rules["kind"].eq(kind)] for kind in KINDS)
    labels = topics["target"] + ":" + topics["qualifier"]
    patterns = {str(label): list(own) for label, own in topics["pattern"].groupby(labels)}
    return Reader(
        _build_pipeline(patterns, cues),
        patterns,
        [(_compile([own]), new) for own, new in spellings[["pattern", "target"]].to_numpy()],
        _compile(practical["pattern"]),
        _list_misspellings(topics["pattern"]),
    )


def normalise_comment(text: str) -> str:
    """
    Write a comment in small letters, without accents, single-spaced.

    Parameters
    ----------
    text : str
        As written.

    Returns
    -------
    str
        Lower-case words without accents.

    Examples
    --------
    >>> normalise_comment("  Sérologie  VIH à FAIRE ")
    'serologie vih a faire'
    """
    return " ".join(reference.drop_accents(text.replace("’", "'")).lower().split())


def explain_comment(text: str, reader: Reader) -> list[Finding]:
    """
    Read one comment and say why.

    Parameters
    ----------
    text : str
        The comment as it was typed.
    reader : Reader
        As built by `build_reader`.

    Returns
    -------
    list of Finding
        In the order of the text; practical remarks first.
    """
    return _read([normalise_comment(text)], reader)[0]


def label_comments(texts: Iterable[str], reader: Reader) -> list[str]:
    """
    Read comments, each distinct one once.

    Parameters
    ----------
    texts : iterable of str
        Comments as they were typed.
    reader : Reader
        As built by `build_reader`.

    Returns
    -------
    list of str
        ``topic:qualifier`` joined by ``;`` for each comment, in alphabetical order; empty if it
        says nothing the rules know.
    """
    normalised = [normalise_comment(text) for text in texts]
    distinct = list(dict.fromkeys(normalised))
    findings = zip(distinct, _read(distinct, reader), strict=True)
    labels = {text: ";".join(sorted({f.label for f in found})) for text, found in findings}
    return [labels[text] for text in normalised]


def _read(normalised: list[str], reader: Reader) -> list[list[Finding]]:
    prepared = [_prepare(text, reader) for text in normalised]
    # What is practical is cut out, so that its words ("ne pas prévenir la mère") qualify nothing.
    rest = [reader.practical.sub(lambda m: ";".ljust(len(m[0])), text) for text in prepared]
    findings = []
    for text, doc in zip(prepared, reader.pipeline.pipe(rest), strict=True):
        practical = [
            Finding(PRACTICAL, "affirmed", match[0].strip(), "", PRACTICAL, *match.span())
            for match in reader.practical.finditer(text)
        ]
        said = _settle([_find(span, reader) for span in doc.spans["topics"]])
        findings.append([*practical, *said])
    return findings


def _prepare(text: str, reader: Reader) -> str:
    """Apply the spellings, repair misspelt words, and write every separator as a semicolon."""
    for pattern, target in reader.spellings:
        text = pattern.sub(target, text)
    text = _LETTERS.sub(lambda match: _repair(match[0], reader.misspelt), text)
    return _SEPARATOR.sub(" ; ", text).strip()


def _find(span: Span, reader: Reader) -> Finding:
    """Qualify a match: the strongest cue decides, without one the rule itself."""
    topic, _, default = span.label_.partition(":")
    if span.label_ in reader.patterns:
        own = reader.patterns[span.label_]
        rule = next((p for p in own if re.fullmatch(p, span.text)), span.label_)
    else:
        topic, default, rule = f"{MEDICINE}.{span.label_[:3]}", "affirmed", span.label_
    strongest = next((name for name in BY_STRENGTH if getattr(span._, name)), "")
    cues = getattr(span._, f"{strongest}_cues") if strongest else ()
    cue = " ".join(dict.fromkeys(map(str, cues)))
    qualifier = BY_STRENGTH.get(strongest, default)
    return Finding(topic, qualifier, span.text, cue, rule, span.start_char, span.end_char)


def _settle(findings: list[Finding]) -> list[Finding]:
    """Keep the longest match of each subject, and no supposition where something is known."""
    distinct = {(f.label, f.start, f.end): f for f in findings}.values()
    longest = [f for f in distinct if not any(_covers(other, f) for other in distinct)]
    known = {(f.topic, True) for f in longest if not f.is_guess}
    if any(f.topic.startswith(MEDICINE + ".") for f in longest):
        known |= {(MEDICINE, True), (MEDICINE, False)}
    kept = [f for f in longest if (f.topic, f.is_guess) not in known]
    return sorted(kept, key=lambda f: f.start)


def _covers(outer: Finding, inner: Finding) -> bool:
    inside = outer.start <= inner.start and inner.end <= outer.end
    longer = outer.end - outer.start > inner.end - inner.start
    return outer.subject == inner.subject and inside and longer


def _build_pipeline(patterns: dict[str, list[str]], cues: pd.DataFrame) -> Any:
    """Join edsnlp's drugs and qualifiers with the terms of the rules."""
    import edsnlp
    import edsnlp.pipes as eds
    from edsnlp.pipes.ner.drugs.patterns import get_patterns as get_drugs

    regex = {label: [_compile(own).pattern] for label, own in patterns.items()}
    pipeline = edsnlp.blank("eds")
    pipeline.add_pipe(eds.normalizer(pollution=False))
    pipeline.add_pipe(eds.sentences(punct_chars=[";"], check_capitalized=False))
    pipeline.add_pipe(
        eds.matcher(regex=regex, terms=get_drugs(), attr="NORM", span_setter={"topics": True})
    )
    options: dict[str, dict[str, Any]] = {name: {} for name in BY_STRENGTH}
    options["family"]["use_sections"] = False
    for target, own in cues["pattern"].groupby(cues["target"]):
        name, argument = str(target).split(".")
        usual = import_module(f"edsnlp.pipes.qualifiers.{name}.patterns")
        added = getattr(usual, argument) if argument in ADDED else []
        options[name][argument] = [*added, *own]
    for name, given in options.items():
        pipeline.add_pipe(getattr(eds, name)(span_getter=_list_matches, explain=True, **given))
    return pipeline


def _list_matches(doc: Doc) -> list[Span]:
    """List the matches in the order of the text, on which the qualifiers rely without a check."""
    return sorted(doc.spans["topics"], key=lambda span: (span.start, span.end))


def _compile(patterns: Iterable[str]) -> re.Pattern[str]:
    """Join patterns into one that matches whole words, longer ones first."""
    longest_first = sorted(patterns, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(longest_first) + r")(?!\w)")


def _list_misspellings(patterns: Iterable[str]) -> dict[str, str]:
    """List each plain word of the rules by its forms that lack one letter."""
    singular = {pattern.removesuffix("s?") for pattern in patterns}
    words = {word for word in singular if _LETTERS.fullmatch(word)}
    short = {form: word for word in sorted(words) for form in _shorten(word)}
    return short | {word: word for word in words}


def _shorten(word: str) -> list[str]:
    return [word[:k] + word[k + 1 :] for k in range(1, len(word))]


def _repair(word: str, misspelt: dict[str, str]) -> str:
    """
    Give a word of the rules for one that differs by a letter, after the first.

    Examples
    --------
    >>> _repair("diabtee", {short: "diabete" for short in _shorten("diabete")})
    'diabete'
    """
    forms = [word, *_shorten(word)]
    return next((misspelt[form] for form in forms if form in misspelt), word)
