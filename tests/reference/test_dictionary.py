"""The data dictionary, the categories and the published facts: whole, consistent, closing."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis.reference.geography import REFERENCE, list_dep_codes
from data_synthetic.simulation.grammar import read_grammar
from tests.breaches import VOCABULARY

# Category -> its fields, both in the order of a record's columns.
FIELDS = {
    "technical": ["record_id"],
    "visit": ["laboratory_id", "sampled_on"],
    "identity": ["title", "birth_name", "used_name", "first_names", "sex", "born_on"],
    "nir": ["nir"],
    "address": ["address", "postal_code", "city"],
    "phone": ["landline", "mobile"],
    "email": ["email"],
    "health": ["blood_group"],
    "insurer": ["insurer_id", "insurer_address", "insurer_phone"],
    "prescriber": [
        "prescriber_last_name",
        "prescriber_first_name",
        "prescriber_postal_code",
        "prescriber_phone",
        "prescriber_email",
    ],
    "sampler": [
        "sampler_last_name",
        "sampler_first_name",
        "sampler_postal_code",
        "sampler_phone",
    ],
    "credentials": ["portal_login", "portal_password"],
    "comments": ["comment_patient", "comment_file"],
}
# Topics that comments name, in the order of the table of categories.
TOPICS = [
    *("pregnancy", "fertility", "hiv_status", "hiv_test", "hepatitis", "cancer", "diabetes"),
    *("thyroid", "psychiatry", "addiction", "genetics", "disability", "treatment", "practical"),
]
GROUPS = {
    "identification": ["identity", "nir"],
    "contact": ["address", "phone", "email"],
    "medical": ["visit", "health", "comments"],
    "cover": ["insurer"],
    "access": ["credentials"],
    "professionals": ["prescriber", "sampler"],
    "said_health": TOPICS[:-1],
    "said_otherwise": TOPICS[-1:],
    "none": ["technical"],
}
# Data classes of Have I Been Pwned that the dictionary uses.
HIBP_CLASSES = {
    "Appointments",
    "Dates of birth",
    "Email addresses",
    "Genders",
    "Health insurance information",
    "Names",
    "Passwords",
    "Personal health data",
    "Phone numbers",
    "Physical addresses",
    "Salutations",
    "Social security numbers",
    "Usernames",
}
# VERIS, attribute.confidentiality.data.variety, of vz-risk/veris, verisc-enum.json.
VERIS_VARIETIES = {
    "Bank",
    "Classified",
    "Copyrighted",
    "Credentials",
    "Digital certificate",
    "Internal",
    "Medical",
    "Other",
    "Payment",
    "Personal",
    "Secrets",
    "Source code",
    "System",
    "Unknown",
    "Virtual currency",
}
RECORDS = 491_840
FILL_RATES = {
    "fill_nir": "nir_count",
    "fill_surname": "persons_by_surname",
    "fill_landline": "phones_landline",
    "fill_mobile": "phones_mobile",
    "fill_email": "emails_patient_unique",
    "fill_password": "passwords_clear",
}
TABLES = ["data_dictionary", "categories", "published_facts"]
SIX = ["56", "45", "27", "22", "35", "41"]


def read(name: str) -> pd.DataFrame:
    """Read a reference table as text; an empty cell is an empty text."""
    return pd.read_csv(REFERENCE / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def dictionary() -> pd.DataFrame:
    return read("data_dictionary")


@pytest.fixture(scope="module")
def categories() -> pd.DataFrame:
    return read("categories")


@pytest.fixture(scope="module")
def facts() -> pd.DataFrame:
    return read("published_facts").set_index("fact_id")


def number(facts: pd.DataFrame, fact_id: str) -> float:
    """Return the value of a numeric fact."""
    return float(facts.loc[fact_id, "value"])


def entries(facts: pd.DataFrame, fact_id: str) -> dict[str, int]:
    """Return the ``key=value`` entries of a fact that holds several."""
    pairs = (entry.split("=") for entry in facts.loc[fact_id, "value"].split(";"))
    return {key: int(value) for key, value in pairs}


@pytest.mark.parametrize("name", TABLES)
def test_table_is_plain_utf8_with_unix_line_ends(name):
    content = (REFERENCE / f"{name}.csv").read_bytes()
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8").endswith("\n")


@pytest.mark.parametrize("name", TABLES)
def test_no_cell_has_stray_spaces(name):
    table = read(name)
    assert table.equals(table.apply(lambda column: column.str.strip()))


class TestDictionary:
    """One row per field, each with one category."""

    def test_each_field_has_its_one_category(self, dictionary):
        expected = {field: name for name, fields in FIELDS.items() for field in fields}
        assert dictionary["field"].is_unique
        assert dict(zip(dictionary["field"], dictionary["category"], strict=True)) == expected

    def test_fields_keep_the_order_of_a_record(self, dictionary):
        expected = [field for fields in FIELDS.values() for field in fields]
        assert dictionary["field"].tolist() == expected

    def test_every_category_exists(self, dictionary, categories):
        of_fields = categories.loc[categories["read_from"].eq("fields"), "category"]
        assert set(dictionary["category"]) == set(of_fields)

    def test_only_two_fields_are_dates(self, dictionary):
        assert set(dictionary["type"]) == {"text", "date"}
        dates = dictionary.loc[dictionary["type"].eq("date"), "field"]
        assert dates.tolist() == ["sampled_on", "born_on"]

    @pytest.mark.parametrize("column", ["label_en", "label_fr", "description_en"])
    def test_text_is_filled_and_unique(self, dictionary, column):
        assert dictionary[column].ne("").all()
        assert dictionary[column].is_unique

    def test_hibp_classes_are_known(self, dictionary):
        assert set(dictionary["hibp_class"]) - {""} == HIBP_CLASSES

    def test_every_fact_exists(self, dictionary, facts):
        assert set(dictionary["fact_id"]) - {""} <= set(facts.index)

    def test_only_the_technical_field_rests_on_no_fact(self, dictionary):
        without = dictionary.loc[dictionary["fact_id"].eq(""), "category"]
        assert without.tolist() == ["technical"]

    def test_no_field_rests_on_a_fact_that_was_not_found(self, dictionary, facts):
        used = dictionary.loc[dictionary["fact_id"].ne(""), "fact_id"]
        assert facts.loc[used, "confidence"].ne("not_found").all()

    def test_as_many_comment_fields_as_published(self, dictionary, facts):
        n_fields = dictionary["category"].eq("comments").sum()
        assert n_fields == number(facts, "fields_comments")


class TestCategories:
    """One row per category, with the types other vocabularies give it."""

    def test_categories_are_the_agreed_ones_in_their_order(self, categories):
        order = "identity nir address phone email visit health comments insurer credentials"
        expected = [*order.split(), "prescriber", "sampler", *TOPICS, "technical"]
        assert categories["category"].tolist() == expected

    def test_groups_hold_their_categories(self, categories):
        groups = categories.groupby("category_group")["category"].agg(list).to_dict()
        assert groups == GROUPS

    def test_no_group_is_named_like_a_category(self, categories):
        assert not set(categories["category_group"]) & set(categories["category"])

    def test_a_group_has_one_label_in_each_language(self, categories):
        labels = categories.groupby("category_group")[["group_label_en", "group_label_fr"]]
        assert labels.nunique().eq(1).all(axis=None)

    def test_data_subjects(self, categories):
        subjects = categories.groupby("data_subject")["category"].agg(list)
        assert subjects["professional"] == ["prescriber", "sampler"]
        assert subjects["none"] == ["technical"]
        assert set(subjects.index) == {"patient", "professional", "none"}

    def test_only_the_technical_category_has_empty_cells(self, categories):
        table = categories.set_index("category")
        empty = table.columns[table.loc["technical"].eq("")]
        assert empty.tolist() == ["enisa_type", "cnil_type", "veris_variety"]
        assert table.drop(index="technical").ne("").all(axis=None)

    @pytest.mark.parametrize("column", ["label_en", "label_fr"])
    def test_labels_are_unique(self, categories, column):
        assert categories[column].is_unique

    def test_topics_are_those_that_the_grammar_of_comments_speaks_of(self, categories):
        of_comments = categories.loc[categories["read_from"].eq("comments"), "category"]
        assert of_comments.tolist() == TOPICS
        grammar = read_grammar(VOCABULARY / "comments.yaml")
        assert of_comments.tolist() == list(grammar.topics)

    def test_article_9_covers_the_two_groups_on_health_alone(self, categories):
        assert set(categories["is_article_9"]) == {"true", "false"}
        special = categories.loc[categories["is_article_9"].eq("true"), "category_group"]
        assert set(special) == {"medical", "said_health"}
        assert len(special) == len(GROUPS["medical"]) + len(GROUPS["said_health"])

    def test_types_of_other_vocabularies_are_theirs(self, categories):
        assert set(categories["enisa_type"]) <= {
            "simple",
            "behavioural",
            "financial",
            "sensitive",
            "",
        }
        assert set(categories["veris_variety"]) - {""} <= VERIS_VARIETIES

    def test_credentials_score_what_they_open(self, categories):
        enisa = categories.set_index("category")["enisa_type"]
        assert enisa["credentials"] == enisa["comments"] == "sensitive"


class TestFacts:
    """Every published figure has a source, and those that must close do."""

    def test_ids_are_unique(self, facts):
        assert facts.index.is_unique

    def test_every_fact_says_what_it_states(self, facts):
        assert facts["statement_en"].ne("").all()
        assert facts["statement_en"].is_unique

    def test_vocabularies(self, facts):
        assert set(facts["confidence"]) == {"confirmed", "one_source", "not_found"}
        assert set(facts["place_basis"]) <= {"home", "prescriber", "laboratory", ""}

    def test_a_fact_that_was_not_found_has_neither_value_nor_source(self, facts):
        not_found = facts["confidence"].eq("not_found")
        for column in ("value", "source", "published_on"):
            assert facts.loc[not_found, column].eq("").all()
        assert facts.loc[~not_found, ["value", "unit", "source"]].ne("").all(axis=None)

    def test_dates_of_publication_are_iso(self, facts):
        dates = facts["published_on"].str.split(";").explode()
        assert dates[dates.ne("")].str.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?").all()

    def test_no_list_in_a_value_has_empty_entries(self, facts):
        values = facts.loc[facts["value"].ne(""), "value"].str.split(";").explode()
        assert values.ne("").all()
        assert values.eq(values.str.strip()).all()

    def test_bounds_are_numbers_in_order(self, facts):
        low = pd.to_numeric(facts["value_low"], errors="raise")
        high = pd.to_numeric(facts["value_high"], errors="raise")
        both = low.notna() & high.notna()
        assert both.any()
        assert (low < high)[both].all()

    def test_a_number_lies_within_its_bounds(self, facts):
        value = pd.to_numeric(facts["value"], errors="coerce")
        low = pd.to_numeric(facts["value_low"]).fillna(float("-inf"))
        high = pd.to_numeric(facts["value_high"]).fillna(float("inf"))
        known = value.notna()
        assert value[known].between(low[known], high[known]).all()

    @pytest.mark.parametrize("column", ["statement_en", "note", "source"])
    def test_no_address_of_the_leak_is_given(self, facts, column):
        assert not facts[column].str.contains(r"\.onion|magnet:|pastebin|t\.me/").any()

    def test_units_are_the_project_s_words(self, facts):
        assert not set(facts["unit"]) & {"rows", "lines", "patients", "labs", "columns"}

    def test_the_five_titles_exceed_the_persons_by_97(self, facts):
        titles = ["civ_women", "civ_men", "civ_child", "civ_baby", "civ_sister"]
        total = sum(number(facts, title) for title in titles)
        assert total == number(facts, "civ_sum_check") == 478_979
        assert total - number(facts, "persons_by_surname") == 97

    @pytest.mark.parametrize(("rate", "count"), FILL_RATES.items())
    def test_fill_rates_follow_from_the_counts(self, facts, rate, count):
        assert number(facts, "rows") == RECORDS
        printed = facts.loc[rate, "value"]
        assert f"{100 * number(facts, count) / RECORDS:.2f}" == printed

    def test_share_of_women_follows_from_the_counts(self, facts):
        women, men = number(facts, "civ_women"), number(facts, "civ_men")
        assert f"{100 * women / (women + men):.2f}" == facts.loc["female_share", "value"]

    def test_the_six_prescriber_shares_sum_to_93(self, facts):
        total = sum(number(facts, f"presc_share_{dep_code}") for dep_code in SIX)
        assert total == number(facts, "presc_share_total6") == 93

    def test_records_by_prescriber_follow_from_the_shares(self, facts):
        shares = {code: number(facts, f"presc_share_{code}") for code in SIX}
        expected = {code: round(share * RECORDS / 100) for code, share in shares.items()}
        assert entries(facts, "presc_rows_derived") == expected

    def test_prescriber_shares_name_their_place_basis(self, facts):
        shares = facts[facts.index.str.startswith("presc_")]
        assert len(shares) == len(SIX) + 2
        assert shares["place_basis"].eq("prescriber").all()

    def test_blood_groups_sum_to_100(self, facts):
        groups = entries(facts, "blood_groups")
        assert len(groups) == 8
        assert sum(groups.values()) == 100

    @pytest.mark.parametrize("place", [*SIX, "FR"])
    def test_age_groups_sum_to_the_total(self, facts, place):
        groups = entries(facts, f"pop_{place}")
        assert sum(groups.values()) == 2 * groups["total"]

    def test_departements_are_known_codes(self, facts):
        found = facts.loc[facts["unit"].eq("dep_code"), "value"].str.split(";").explode()
        assert set(found) == set(SIX)
        assert set(found) <= set(list_dep_codes())

    def test_dates_of_the_timeline_match_their_ids(self, facts):
        timeline = facts[facts.index.str.fullmatch(r"t_\d{4}_\d{2}_\d{2}")]
        months = timeline.index.str[2:9].str.replace("_", "-")
        found = [re.search(r"\d{4}-\d{2}", value) for value in timeline["value"]]
        assert [match.group() for match in found if match] == months.tolist()
