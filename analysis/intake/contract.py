"""What a record should look like once it is read: a contract, and how often it is broken."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pandera.pandas as pa
import pyarrow
from pandera.errors import SchemaErrors

from analysis.intake import patterns

PHONE = (r"^(\+33|0)[ .-]?[1-9]([ .-]?\d{2}){4}$", "no French number of ten digits")
EMAIL = (f"^{patterns.EMAIL.pattern}$", "no e-mail address")
POSTAL_CODE = (r"^\d{5}$", "no five digits")
FORMS = {
    "nir": (r"^\d{6}[\dAB]\d{6}(\d{2})?$", "no 13 digits, with or without the key of 2"),
    "postal_code": POSTAL_CODE,
    "prescriber_postal_code": POSTAL_CODE,
    "sampler_postal_code": POSTAL_CODE,
    "landline": PHONE,
    "mobile": PHONE,
    "prescriber_phone": PHONE,
    "email": EMAIL,
    "prescriber_email": EMAIL,
}
SEXES = ("F", "M")


def records_contract() -> pa.DataFrameSchema:
    """
    Build the contract of records, as a file's mapping should make them.

    Returns
    -------
    pandera.DataFrameSchema
        Every field may be missing, or its column absent; what is there has the form that its
        name promises, and nobody is born after the sample was taken.
    """
    columns = {
        field: pa.Column(
            checks=pa.Check.str_matches(form, error=f"{field}: {words}"),
            nullable=True,
            required=False,
        )
        for field, (form, words) in FORMS.items()
    }
    columns["sex"] = pa.Column(
        checks=pa.Check.isin(SEXES, error="sex: neither F nor M"), nullable=True, required=False
    )
    born = pa.Check(_is_born, error="born_on: after the sample was taken")
    return pa.DataFrameSchema(columns, checks=[born])


def count_breaches(records: pyarrow.Table) -> Counter[str]:
    """
    Count the records that break the contract.

    Parameters
    ----------
    records : pyarrow.Table
        Some records.

    Returns
    -------
    Counter of str
        Records, by field and what is wrong; no value of a record is told.

    Examples
    --------
    >>> count_breaches(pyarrow.table({"email": ["a@example.org", "none"]}))
    Counter({'email: no e-mail address': 1})
    """
    present = [name for name in (*FORMS, "sex", "born_on", "sampled_on")
               if name in records.column_names]  # fmt: skip
    table = records.select(present).to_pandas()
    try:
        records_contract().validate(table, lazy=True)
    except SchemaErrors as errors:
        rows = errors.failure_cases.groupby("check")["index"].nunique()
        return Counter({str(check): int(n) for check, n in rows.items()})
    return Counter()


def _is_born(records: pd.DataFrame) -> pd.Series:
    if not {"born_on", "sampled_on"} <= {*records}:
        return pd.Series(True, index=records.index)
    born, sampled = (pd.to_datetime(records[name]) for name in ("born_on", "sampled_on"))
    return ~(born > sampled)
