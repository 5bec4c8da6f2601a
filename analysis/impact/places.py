"""The tables by place that most pages show, counted together so that they are released together."""

from functools import partial

from analysis import reference
from analysis.exposure import CodedRecords, Counts, calendar_windows, count, one_window
from analysis.impact.rates import rate_by_departement, share_by_category

POPULATION_YEAR = 2019
PERIOD = ("2015-01-01", "2020-11-01")  # sampling dates of the pages: first day in, first day out


def count_places(
    coded: CodedRecords,
    start: str,
    end: str,
    *,
    place: str = "home",
    population_year: int = POPULATION_YEAR,
) -> dict[str, Counts]:
    """
    Count persons by département, by kind of data and by year, with their wholes.

    Parameters
    ----------
    coded, place
        See the glossary of `analysis.exposure`.
    start, end : str
        First day in and first day out, as ``YYYY-MM-DD``.
    population_year : int, default 2019
        Year of the residents [persons].

    Returns
    -------
    dict of str to Counts
        ``file`` and ``years`` (the whole file: by kind of data, by year), ``places`` (rate of
        each département), ``kinds`` (share of each kind in each département) and
        ``place_years`` (each département by year).

    Raises
    ------
    ValueError
        If a day can't be read, the period ends before it starts, or the place basis or the year
        is unknown.
    """
    period, years = one_window(start, end), calendar_windows(start, end, unit="year")
    read = reference.read_categories().query("read_from == 'fields' and data_subject == 'patient'")
    kinds = ["any", *read.index]
    count_by_place = partial(count, coded, by=["dep_code"], place=place)
    places = rate_by_departement(count_by_place(period), population_year=population_year)
    return {
        "file": share_by_category(count(coded, period, categories=kinds)),
        "years": count(coded, years),
        "places": places,
        "kinds": share_by_category(count_by_place(period, categories=kinds)),
        "place_years": count_by_place(years),
    }
