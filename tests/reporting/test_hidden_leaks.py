"""Leaks that stand where nobody looks at first: each is found."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import matplotlib.pyplot as plt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from PIL import Image, PngImagePlugin
from pypdf import PdfWriter
from pypdf.annotations import Link, Text

from analysis.reporting.scan import scan_files

NIR = "2 85 07 56 260 123 98"  # its key cannot be: 98 is larger than 97
DENSE = NIR.replace(" ", "")
PHONE = "06 39 98 12 34"
MAIL = "jeanne.exemple@example.org"
SSN, TEL, POST = "social security number", "phone number", "e-mail address"
COUNT, DIFFERENCE = "small count", "two numbers whose difference is a small count"
Content = str | bytes | Callable[[], bytes]


def notebook(cell: dict[str, Any] | None = None, **metadata: Any) -> str:
    """Return a notebook of one cell."""
    plain = {"cell_type": "markdown", "source": ["Nothing."], "metadata": {}}
    return json.dumps({"cells": [plain | (cell or {})], "metadata": metadata, "nbformat": 4})


def shown(**data: Any) -> str:
    """Return a notebook whose cell shows this output; ``__`` in a kind is a slash."""
    kinds = {kind.replace("__", "/"): content for kind, content in data.items()}
    output = {"output_type": "display_data", "data": kinds, "metadata": {}}
    return notebook({"cell_type": "code", "outputs": [output]})


def encoded(content: str | bytes) -> str:
    """Return base64."""
    data = content.encode() if isinstance(content, str) else content
    return base64.b64encode(data).decode()


def png(comment: str = "") -> bytes:
    """Return a dot with a text chunk."""
    info = PngImagePlugin.PngInfo()
    info.add_itxt("Comment", comment)
    held = io.BytesIO()
    Image.new("L", (1, 1)).save(held, "PNG", pnginfo=info)
    return held.getvalue()


def late_chunk(text: str) -> bytes:
    """Return a dot with a text chunk between pixels and end."""
    chunk = b"tEXt" + b"Comment\0" + text.encode()
    length, check = len(chunk) - 4, zlib.crc32(chunk)
    data, end = png()[:-12], png()[-12:]
    return data + length.to_bytes(4, "big") + chunk + check.to_bytes(4, "big") + end


def jpeg_with_exif() -> bytes:
    """Return a dot whose EXIF names its author, and whose note is UTF-16."""
    held, exif = io.BytesIO(), Image.Exif()
    exif[0x9C9C] = f"call {PHONE}".encode("utf-16-le")
    exif[0x010E] = "seen"
    Image.new("L", (1, 1)).save(held, "JPEG", exif=exif)
    return held.getvalue()


def jpeg_with_comment() -> bytes:
    """Return a dot with a JPEG comment."""
    held = io.BytesIO()
    Image.new("L", (1, 1)).save(held, "JPEG", comment=b"8 patients")
    return held.getvalue()


def pdf_page(text: str, font_type: int) -> bytes:
    """Return a page that shows a text."""
    held, figure = io.BytesIO(), plt.figure(figsize=(4, 1))
    figure.text(0.1, 0.5, text)
    with plt.rc_context({"pdf.fonttype": font_type}):
        figure.savefig(held, format="pdf")
    plt.close(figure)
    return held.getvalue()


def pdf_picture(comment: str) -> bytes:
    """Return a page that is a picture, with the page's author in its information."""
    held = io.BytesIO()
    Image.new("RGB", (9, 9)).save(held, "PDF", author=comment)
    return held.getvalue()


def pdf(change: Callable[[PdfWriter], object]) -> bytes:
    """Return an empty page, changed."""
    writer, held = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    change(writer)
    writer.write(held)
    return held.getvalue()


def parquet(columns: dict[str, list[Any]], **metadata: str) -> bytes:
    """Return a Parquet file."""
    held = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata or None), held)
    return held.getvalue()


def packed(**members: bytes | str) -> bytes:
    """Return a zip; ``__`` in a name is a point."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return held.getvalue()


def tarball(text: str) -> bytes:
    """Return a packed tar of one text."""
    held, member = io.BytesIO(), tarfile.TarInfo("a.txt")
    member.size = len(text.encode())
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        archive.addfile(member, io.BytesIO(text.encode()))
    return held.getvalue()


def workbook() -> bytes:
    """Return a workbook with one sheet."""
    openpyxl = pytest.importorskip("openpyxl")
    book, held = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["place", "effectif"])
    book.active.append(["Lozère", 7])
    book.save(held)
    return held.getvalue()


def geojson(**properties: Any) -> str:
    """Return one feature."""
    point = {"type": "Point", "coordinates": [2.5, 7]}
    return json.dumps({"type": "Feature", "geometry": point, "properties": properties})


def with_xmp(writer: PdfWriter) -> None:
    """Describe a PDF in XMP."""
    writer.xmp_metadata = (
        '<?xpacket begin="" id="W5M0"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf='
        '"http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc='
        f'"http://purl.org/dc/elements/1.1/"><dc:creator><rdf:Seq><rdf:li>{MAIL}</rdf:li></rdf:Seq>'
        '</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


LEAKS: dict[str, tuple[str, Content, str]] = {
    # digits and letters that only look different
    "full-width digits": (".txt", "tél. ０６ ３９ ９８ １２ ３４", TEL),
    "Arabic digits": (".txt", "NIR ٢٨٥٠٧٥٦٢٦٠١٢٣٩٨", SSN),
    "bold mathematical digits": (".txt", "𝟎𝟔 𝟑𝟗 𝟗𝟖 𝟏𝟐 𝟑𝟒", TEL),
    "zero-width spaces": (".txt", "06\u200b 39\u200b 98 1\u200b2 34", TEL),
    "soft hyphens": (".txt", "jeanne\u00ad.exemple@exam\u00adple.org", POST),
    "no-break hyphens": (".txt", "06\u201139\u201198\u201112\u201134", TEL),
    "slashes": (".txt", "tel 06/39/98/12/34", TEL),
    "full-width count": (".txt", "Lozère : ７ personnes", COUNT),
    "spelt-out at": (".txt", "jeanne.exemple [at] example.org", POST),
    "full-width at": (".txt", "jeanne.exemple＠example．org", POST),
    "entities in a text": (".txt", "06&#32;39&#32;98&#32;12&#32;34", TEL),
    "Latin-1": (".txt", "Lozère : 7 assurés concernés".encode("latin-1"), COUNT),
    "UTF-16": (".txt", f"call {PHONE}".encode("utf-16"), TEL),
    "terminal colours": (".ipynb", shown(text__plain="\x1b[31m7\x1b[0m persons"), COUNT),
    # comments and metadata
    "HTML comment": (".html", f"<p>Fine.</p><!-- {NIR} -->", SSN),
    "HTML comment with markup": (".html", "<!-- <p>In Lozère <b>7</b> persons</p> -->", COUNT),
    "HTML meta": (".html", f'<meta name="author" content="{MAIL}">', POST),
    "HTML template": (".html", "<template><p>7 persons</p></template>", COUNT),
    "XML comment": (".svg", f"<svg><!-- {PHONE} --><rect/></svg>", TEL),
    "SVG metadata": (".svg", f"<svg><metadata><a>{MAIL}</a></metadata></svg>", POST),
    "SVG id": (".svg", f'<svg><path id="nir-{DENSE}" d="M 0 0"/></svg>', SSN),
    "SVG class": (".svg", '<svg><g class="lozere-7-persons"/></svg>', COUNT),
    "XML instruction": (".xml", f"<a><?note {PHONE}?></a>", TEL),
    "CDATA": (".xml", "<a><![CDATA[7 persons]]></a>", COUNT),
    "notebook metadata": (".ipynb", notebook(authors=[{"name": MAIL}]), POST),
    "cell metadata": (".ipynb", notebook({"metadata": {"note": PHONE}}), TEL),
    "error name": (
        ".ipynb",
        notebook(
            {
                "cell_type": "code",
                "outputs": [{"output_type": "error", "evalue": f"KeyError {NIR}"}],
            }
        ),
        SSN,
    ),
    "PNG text chunk": (".png", png("Lozère: 7 persons"), COUNT),
    "PNG text chunk after the pixels": (".png", late_chunk(f"call {PHONE}"), TEL),
    "PNG tail": (".png", png() + f"call {PHONE}".encode(), TEL),
    "EXIF": (".jpg", jpeg_with_exif, TEL),
    "JPEG comment": (".jpg", jpeg_with_comment, COUNT),
    "CSS": (".html", "<style>p::after { content: '7 persons' }</style>", COUNT),
    "file name": (f".{PHONE.replace(' ', '')}.txt", "nothing", TEL),
    # encoded parts and links
    "data URI": (".html", f'<a href="data:text/plain;base64,{encoded(NIR)}">x</a>', SSN),
    "plain data URI": (".html", f'<a href="data:text/plain,{quote(PHONE)}">x</a>', TEL),
    "picture in a page": (".html", f'<img src="data:image/png;base64,{encoded(png(NIR))}">', SSN),
    "picture in a drawing": (
        ".svg",
        f'<svg><image xlink:href="data:image/png;base64,{encoded(png(MAIL))}"/></svg>',
        POST,
    ),
    "base64 in a text": (".txt", f"token {encoded(f'call {PHONE} today')}", TEL),
    "base64 in a cell": (".csv", f"a,b\n1,{encoded(f'call {PHONE} today')}\n", TEL),
    "base64 twice": (".txt", encoded(encoded(f"call {PHONE} today")), TEL),
    "base64 over lines": (".txt", base64.encodebytes(b"x" * 60 + MAIL.encode()), POST),
    "percent-encoding": (".txt", f"see {quote(PHONE)}", TEL),
    "mailto": (".html", f'<a href="mailto:{quote(MAIL)}">write</a>', POST),
    "tel": (".html", '<a href="tel:+33199001234">call</a>', TEL),
    "query of a link": (".md", f"[her file](https://example.org/?nir={DENSE})", SSN),
    "notebook attachment": (
        ".ipynb",
        notebook({"attachments": {"a.png": {"image/png": encoded(png(NIR))}}}),
        SSN,
    ),
    "notebook picture": (".ipynb", shown(image__png=encoded(png("8 clients"))), COUNT),
    "notebook PDF": (
        ".ipynb",
        shown(application__pdf=encoded(pdf(lambda w: w.add_metadata({"/Author": MAIL})))),
        POST,
    ),
    "reference link": (".md", "Text.\n\n[//]: # (7 persons)\n", COUNT),
    "bold number": (".md", "In Lozère **7** persons", COUNT),
    "Markdown table": (".md", "| place | persons |\n|---|---|\n| Lozère | 7 |\n", COUNT),
    "HTML in Markdown": (".md", f"<!-- {MAIL} -->", POST),
    "entities": (".md", "06&#32;39&#32;98&#32;12&#32;34", TEL),
    # data in scripts, JSON, tables
    "JSON-LD": (
        ".html",
        f'<script type="application/ld+json">{{"telephone": "{PHONE}"}}</script>',
        TEL,
    ),
    "JSON in a script": (
        ".html",
        '<script type="application/json">{"n_persons": {"48": 7}}</script>',
        COUNT,
    ),
    "script": (".html", f'<script>const nir = "{NIR}";</script>', SSN),
    "data attribute": (".html", '<td data-persons="7">few</td>', COUNT),
    "tile": (".html", "<div>7</div><div>persons exposed</div>", COUNT),
    "definition list": (".html", "<dl><dt>persons</dt><dd>7</dd></dl>", COUNT),
    "table caption": (
        ".html",
        "<table><caption>7 persons</caption><tr><td>a</td></tr></table>",
        COUNT,
    ),
    "nested properties": (".geojson", geojson(stats={"by_year": {"persons": {"2019": 7}}}), COUNT),
    "list of counts": (".json", json.dumps({"n_persons": [124, 7]}), COUNT),
    "key of an object": (".json", json.dumps({DENSE: "x"}), SSN),
    "number in a list": (".json", json.dumps({"ids": [int(DENSE)]}), SSN),
    "JSON lines": (".jsonl", '{"n": 12}\n{"n": 7}\n', COUNT),
    "TSV": (".tsv", "place\tpersons\nLozère\t7\n", COUNT),
    "cell beyond the header": (".csv", f"a,b\n1,2,{PHONE}\n", TEL),
    "column n": (".csv", "place,n\nLozère,7\n", COUNT),
    "column count": (".csv", "place,count\nLozère,7\n", COUNT),
    "column effectif": (".csv", "lieu;effectif\nLozère;7\n", COUNT),
    "column nb": (".csv", "lieu;nb\nLozère;7\n", COUNT),
    "column nb_assures": (".csv", "lieu;nb_assures\nLozère;7\n", COUNT),
    "column in words": (".csv", "lieu;personnes\nLozère;sept\n", COUNT),
    "Parquet rows": (".parquet", parquet({"place": ["Lozère"], "n": [7]}), COUNT),
    "Parquet metadata": (".parquet", parquet({"a": [1]}, note=f"made by {MAIL}"), POST),
    "workbook": (".xlsx", workbook, COUNT),
    "unknown kind of text": (".tex", "Lozère: 7 persons", COUNT),
    # archives and PDF
    "zip": (".zip", packed(a__csv="place,persons\nLozère,7\n"), COUNT),
    "zip in a zip": (".zip", packed(b__zip=packed(a__txt=NIR)), SSN),
    "name in a zip": (".zip", packed(**{MAIL: "nothing"}), POST),
    "tar in gzip": (".tgz", lambda: tarball(NIR), SSN),
    "zip under another name": (".dat", packed(a__txt=PHONE), TEL),
    "document of zipped XML": (
        ".docx",
        packed(**{"word/document__xml": f"<w:document><w:t>{NIR}</w:t></w:document>"}),
        SSN,
    ),
    "gzip": (".csv.gz", gzip.compress(b"place,persons\nLozere,7\n"), COUNT),
    "zstd": (".csv.zst", zstandard.compress(b"place,persons\nLozere,7\n"), COUNT),
    "second zstd frame": (
        ".zst",
        zstandard.compress(b"fine, ") + zstandard.compress(b"7 persons"),
        COUNT,
    ),
    "PDF text": (".pdf", lambda: pdf_page("Lozère: 7 persons", 42), COUNT),
    "PDF text in drawn letters": (".pdf", lambda: pdf_page("Lozère: 7 persons", 3), COUNT),
    "PDF of a picture": (".pdf", lambda: pdf_picture("8 clients"), COUNT),
    "PDF information": (".pdf", pdf(lambda w: w.add_metadata({"/Author": MAIL})), POST),
    "PDF XMP": (".pdf", pdf(with_xmp), POST),
    "PDF note": (
        ".pdf",
        pdf(lambda w: w.add_annotation(0, Text(rect=(0, 0, 9, 9), text=f"call {PHONE}"))),
        TEL,
    ),
    "PDF link": (
        ".pdf",
        pdf(lambda w: w.add_annotation(0, Link(rect=(0, 0, 9, 9), url=f"mailto:{MAIL}"))),
        POST,
    ),
    "PDF attachment": (
        ".pdf",
        pdf(lambda w: w.add_attachment("a.csv", b"place,persons\nLozere,7\n")),
        COUNT,
    ),
    "PDF bookmark": (
        ".pdf",
        pdf(lambda w: w.add_outline_item(title=f"Tel {PHONE}", page_number=0)),
        TEL,
    ),
    # counts in words, and of others than persons
    "English word": (".txt", "Only eight people live there.", COUNT),
    "French word": (".txt", "Huit personnes y vivent.", COUNT),
    "three insured": (".txt", "On compte trois assurés.", COUNT),
    "only one": (".txt", "Only one patient is concerned.", COUNT),
    "une seule": (".txt", "Une seule personne est concernée.", COUNT),
    "ten": (".txt", "in Lozère, ten policyholders", COUNT),
    "assurés": (".txt", "8 assurés", COUNT),
    "bénéficiaires": (".txt", "soit 4 bénéficiaires du régime", COUNT),
    "customers": (".txt", "9 customers were affected", COUNT),
    "dossiers": (".txt", "Lozère : 5 dossiers", COUNT),
    "abonnés with a colon": (".txt", "Abonnés : 6", COUNT),
    "élèves with an adjective": (".txt", "7 jeunes élèves", COUNT),
    "lignes": (".txt", "Le fichier a 3 lignes en Lozère", COUNT),
    "person(s)": (".txt", "2 person(s)", COUNT),
    "of our": (".txt", "Seven of our customers", COUNT),
    "assuré·es": (".txt", "8 assuré·es", COUNT),
    "adjective and colon": (".txt", "Bénéficiaires concernés : 4", COUNT),
    "table without marked header": (
        ".html",
        "<table><tr><td>place</td><td>persons</td></tr><tr><td>48</td><td>7</td></tr></table>",
        COUNT,
    ),
    "unnamed counts by place": (".json", json.dumps({"effectif": {"2A": 7}}), COUNT),
    "n in brackets": (".txt", "Lozère (n = 7)", COUNT),
    "after a year": (".txt", "En 2019 7 personnes", COUNT),
    # two numbers, one part of the other
    "of": (".txt", "1,020 of 1,028 persons have a number.", DIFFERENCE),
    "out of": (".txt", "1,020 persons out of 1,028", DIFFERENCE),
    "sur": (".txt", "1 020 assurés sur 1 028", DIFFERENCE),
    "des": (".txt", "1 020 des 1 028 personnes", DIFFERENCE),
    "all, with": (".txt", "all 1,028, with a NIR 1,020", DIFFERENCE),
    "parmi les": (".txt", "1 020 bénéficiaires parmi les 1 028 assurés", DIFFERENCE),
    "of the whole first": (".txt", "of the 1,028 persons, 1,020 have a NIR", DIFFERENCE),
    "dont": (".txt", "1 028 personnes, dont 1 020 avec un NIR", DIFFERENCE),
    "of whom": (".txt", "1,028 persons, of whom 1,020 are known", DIFFERENCE),
    "small part": (".txt", "eight of the 1,028 persons", COUNT),
    "cell of two numbers": (".csv", "place,persons\nLozère,1020 of 1028\n", DIFFERENCE),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_hidden_leak_is_found(tmp_path: Path, leak: str) -> None:
    suffix, content, kind = LEAKS[leak]
    content = content() if callable(content) else content
    data = content.encode() if isinstance(content, str) else content
    (tmp_path / f"published{suffix}").write_bytes(data)
    assert {find.kind for find in scan_files([tmp_path]).finds} == {kind}
