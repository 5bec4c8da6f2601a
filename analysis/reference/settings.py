"""Settings that a person edits: a YAML file, checked against the class that describes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Strict,
    TypeAdapter,
    ValidationError,
    WrapValidator,
    model_validator,
)
from pydantic.dataclasses import dataclass

T = TypeVar("T")
# How the classes of settings are checked: no unknown key, and either name of a key.
SETTINGS = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)
MESSAGES = yaml.safe_load(Path(__file__).with_name("fault_messages.yaml").read_text("utf-8"))


def _check_reason(reason: str) -> str:
    if not reason.strip():
        raise ValueError("empty; a reason is needed")
    return reason


def _keep_as_written(number: Any, check: Callable[[Any], float]) -> Any:
    check(number)
    return number


def _write_scalar(value: Any) -> Any:
    return value if value is None or isinstance(value, dict | list) else str(value)


Text = Annotated[str, BeforeValidator(_write_scalar)]  # a number or a date as it is written
Number = Annotated[float, Strict(), WrapValidator(_keep_as_written)]  # a whole one stays whole
Reason = Annotated[str, AfterValidator(_check_reason)]


@dataclass(frozen=True, config=SETTINGS)
class Estimate:
    """
    A number that was assumed, zero or more.

    Attributes
    ----------
    value : float
        The number.
    range : tuple of float
        Lowest and highest number as defensible as `value`.
    """

    value: Number
    range: tuple[Number, Number]

    @model_validator(mode="after")
    def _check_order(self) -> Estimate:
        low, _, high = self.bounds
        if not 0 <= low <= self.value <= high:
            raise ValueError("value must be zero or more and within its range, lowest first")
        return self

    @property
    def bounds(self) -> tuple[float, float, float]:
        """Lowest number, the number itself, highest."""
        return self.range[0], self.value, self.range[1]


def name_entries(entries: Any) -> Any:
    """
    Write the key of each entry into it, as its name.

    Parameters
    ----------
    entries : dict of str to dict
        Entries by name, as in a file.

    Returns
    -------
    dict of str to dict
        The same with ``name`` in each; what is no entry is left as it is.

    Examples
    --------
    >>> name_entries({"a": {"x": 1}})
    {'a': {'name': 'a', 'x': 1}}
    """
    if not isinstance(entries, dict):
        return entries
    return {
        key: {"name": key} | entry if isinstance(entry, dict) else entry
        for key, entry in entries.items()
    }


def read_yaml(path: Path, kind: type[T], *, advice: str, **changes: Any) -> T:
    """
    Read a YAML file of settings.

    Parameters
    ----------
    path : pathlib.Path
        The file; a key of the first level without a value counts as not given.
    kind : type
        A pydantic dataclass with `SETTINGS`, whose fields are the keys of the file.
    advice : str
        What to do if there is no file.
    **changes
        Values to use instead of the file's, by key of the first level, unless None.

    Returns
    -------
    object
        One `kind`.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    ValueError
        If it is not YAML, or not settings of this kind; the message has a line for each fault,
        with the file, the line in it, the path of keys, what is wrong and what to do.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file at {path}; {advice}")
    try:
        text = path.read_text(encoding="utf-8")
        content, tree = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeError) as error:
        raise ValueError(f"{path} is not YAML: {getattr(error, 'problem', error)}") from error
    if isinstance(content, dict):
        given = content | {key: value for key, value in changes.items() if value is not None}
        content = {key: value for key, value in given.items() if value is not None}
    return check_settings(content, kind, name=str(path), tree=tree)


def check_settings(content: Any, kind: type[T], *, name: str, tree: yaml.Node | None = None) -> T:
    """
    Check settings against the class that describes them.

    Parameters
    ----------
    content : dict
        Settings, as read from YAML.
    kind : type
        As for `read_yaml`.
    name : str
        What to call them in messages.
    tree : yaml.Node, optional
        The file they come from, to name lines.

    Returns
    -------
    object
        One `kind`.

    Raises
    ------
    ValueError
        As `read_yaml`.
    """
    adapter = TypeAdapter(kind)
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        faults = error.errors()
    known = _list_keys(adapter.json_schema())
    lines = [
        f"{name}{_find_place(fault['loc'], tree)}: {_explain(fault, known)}" for fault in faults
    ]
    raise ValueError("\n".join(lines))


def suggest(wanted: str, known: Iterable[str]) -> str:
    """
    Suggest what was meant by a name that does not exist.

    Parameters
    ----------
    wanted : str
        The name.
    known : iterable of str
        Names that exist.

    Returns
    -------
    str
        The end of a sentence: the nearest name, or all there are.

    Examples
    --------
    >>> suggest("NIR", ["nir", "sex"]), suggest("x", ["nir", "sex"])
    ("; did you mean 'nir'?", "; there are ['nir', 'sex']")
    """
    names = [*known]
    return _find_near(wanted, names) or f"; there are {names}"


def _find_near(wanted: str, known: Iterable[str]) -> str:
    folded = {name.casefold(): name for name in known}
    near = get_close_matches(wanted.casefold(), folded, n=1, cutoff=0.6)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""


def _list_keys(schema: dict[str, Any]) -> list[str]:
    parts = [schema, *schema.get("$defs", {}).values()]
    return [key for part in parts for key in part.get("properties", {})]


def _explain(fault: Any, known: Sequence[str]) -> str:
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    message = MESSAGES.get(fault["type"], fault["msg"].replace("Input should", "must"))
    if fault["type"] == "unexpected_keyword_argument":
        return message + (_find_near(str(fault["loc"][-1]), known) or "; remove it")
    is_short = isinstance(fault["input"], str | int | float | date | None)
    is_there = is_short and fault["type"] != "missing"
    return f"{message}, got {fault['input']!r}" if is_there else message


def _find_place(keys: Sequence[str | int], tree: yaml.Node | None) -> str:
    """Write the line and the path of a fault, as far as its keys lead into the file."""
    steps = list(_follow(keys, tree)) if tree else []
    line = f", line {steps[-1][1]}" if steps else ""
    shown = [name for name, _ in steps] + [str(key) for key in keys[len(steps) :] if key != "[key]"]
    return f"{line}: {'.'.join(shown)}" if shown else ""


def _follow(keys: Sequence[str | int], node: yaml.Node) -> Iterator[tuple[str, int]]:
    """Yield each key, entries of a list numbered from 1, with its line."""
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            pairs = {str(name.value): (name, value) for name, value in node.value}
            shown = str(key)
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            pairs = {str(k): (entry, entry) for k, entry in enumerate(node.value)}
            shown = str(key + 1)
        else:
            return
        if str(key) not in pairs:
            return
        name, node = pairs[str(key)]
        yield shown, name.start_mark.line + 1
