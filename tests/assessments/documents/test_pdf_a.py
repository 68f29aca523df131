"""The requirements of PDF/A-3b and PDF/UA that the objects of a document show."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from accounts.models import User
from assessments.documents import fonts as documents_fonts
from assessments.documents import pdf
from assessments.examiner import summary
from assessments.models import Assessment, Document, Invitation
from assessments.rubric import read_uncorrected
from committee.decisions.finalise import finalise
from tests import steps

PDFAID = "{http://www.aiim.org/pdfa/ns/id/}"
DC = "{http://purl.org/dc/elements/1.1/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
EVERYWHERE = "René 王小明 🎉 Ğ أحمد สมชาย अमित ተስፋይ 김철수 👩🏽‍🎓 ❤️"
NOWHERE = "\U0010fffd"  # of a private use plane; U+E000 is in a font that LibreOffice brings along


@pytest.fixture
def document(assessed: Assessment, committee_member: User, monkeypatch: pytest.MonkeyPatch) -> Document:
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    return finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")


@pytest.fixture
def reader(document: Document) -> PdfReader:
    return PdfReader(io.BytesIO(pdf.render(document.result, name=document.filename)))


@pytest.fixture
def catalog(reader: PdfReader) -> Any:
    return reader.trailer["/Root"]


def all_objects(reader: PdfReader) -> Iterator[Any]:
    """Yield every object in the cross-reference table of the file."""
    for number in range(1, int(str(reader.trailer["/Size"]))):
        yield reader.get_object(IndirectObject(number, 0, reader))


def dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    """Yield a dictionary and those nested directly in it."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from dictionaries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from dictionaries(inner)


def rendered_glyphs(reader: PdfReader) -> Iterator[int]:
    """Yield the glyph codes in the text of the pages."""
    for page in reader.pages:
        for operands, operator in page.get_contents().operations:
            if operator in (b"Tj", b"TJ"):
                pieces = operands[0] if operator == b"TJ" else operands
                codes = b"".join(piece.original_bytes for piece in pieces if hasattr(piece, "original_bytes"))
                yield from (int.from_bytes(codes[at : at + 2]) for at in range(0, len(codes), 2))


def assert_every_glyph_is_a_font_s(reader: PdfReader) -> None:
    """ISO 19005-3, 6.2.11.8: no reference to `.notdef`, which WeasyPrint encodes by a CMap of its own."""
    fonts = [one for value in all_objects(reader) for one in dictionaries(value) if one.get("/Subtype") == "/Type0"]
    assert {str(font["/Encoding"]) for font in fonts} == {"/Identity-H"}
    assert 0 not in set(rendered_glyphs(reader))


def elements(node: Any) -> Iterator[Any]:
    """The structure elements under `node`, in reading order."""
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        element = kid.get_object()
        if isinstance(element, dict) and "/S" in element:
            yield element
            yield from elements(element)


# --- PDF/A-3b --------------------------------------------------------------------------------------
def test_metadata_declares_pdf_a_and_matches_document_information(reader: PdfReader, catalog: Any) -> None:
    root = ElementTree.fromstring(catalog["/Metadata"].get_data())
    properties = {name: value for one in root.iter(f"{RDF}Description") for name, value in one.attrib.items()}
    assert properties[f"{PDFAID}part"] == "3"
    assert properties[f"{PDFAID}conformance"] == "B"
    assert reader.metadata is not None
    assert [one.text for one in root.iter(f"{DC}title") for one in one.iter(f"{RDF}li")] == [reader.metadata.title]


def test_colours_have_an_output_intent(catalog: Any) -> None:
    [intent] = catalog["/OutputIntents"]
    intent = intent.get_object()
    assert intent["/S"] == "/GTS_PDFA1"
    assert len(intent["/DestOutputProfile"].get_object().get_data()) > 100


def test_every_font_is_embedded(reader: PdfReader) -> None:
    descriptors = [
        one for value in all_objects(reader) for one in dictionaries(value) if one.get("/Type") == "/FontDescriptor"
    ]
    fonts = [one for value in all_objects(reader) for one in dictionaries(value) if one.get("/Type") == "/Font"]
    assert descriptors
    assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor) for descriptor in descriptors)
    assert all("/ToUnicode" in font for font in fonts if font["/Subtype"] == "/Type0")
    assert {font["/Subtype"] for font in fonts} <= {"/Type0", "/CIDFontType2", "/CIDFontType0"}


def test_every_script_is_rendered_with_a_supporting_font(document: Document) -> None:
    student = {"name": EVERYWHERE, "number": "123456"}
    content = pdf.render({**document.result, "student": student}, name=document.filename)
    reader = PdfReader(io.BytesIO(content))
    test_every_font_is_embedded(reader)
    assert_every_glyph_is_a_font_s(reader)
    assert documents_fonts.REPLACEMENT not in reader.pages[0].extract_text()
    assert "René 王小明" in reader.pages[0].extract_text()
    pictures = [one for value in all_objects(reader) for one in dictionaries(value) if "/Interpolate" in one]
    assert pictures
    assert not any(picture["/Interpolate"].value for picture in pictures)  # ISO 19005-3, 6.2.8
    assert len(content) < 1_000_000


def test_unsupported_character_is_replaced_and_kept_in_data(document: Document) -> None:
    name = f"Anouk{NOWHERE} {NOWHERE}Hoff"
    student = {"name": name, "number": "123456"}
    reader = PdfReader(io.BytesIO(pdf.render({**document.result, "student": student}, name=document.filename)))
    assert_every_glyph_is_a_font_s(reader)
    assert name.replace(NOWHERE, documents_fonts.REPLACEMENT) in reader.pages[0].extract_text()
    attached = reader.trailer["/Root"]["/AF"][0].get_object()  # type: ignore[index]
    assert json.loads(attached["/EF"]["/F"].get_object().get_data())["student"] == student


@pytest.mark.parametrize("text", [EVERYWHERE, NOWHERE, f"a\u0301 {NOWHERE}\u0301"])
def test_examiner_copy_has_no_missing_glyphs(invitation: Invitation, text: str) -> None:
    steps.fill_in(invitation, "G", f"{text} {text}")
    rubric = read_uncorrected(invitation.assessment, contact=invitation.contact)
    assert_every_glyph_is_a_font_s(PdfReader(io.BytesIO(summary.render_copy(invitation=invitation, rubric=rubric))))


def test_document_has_no_scripts_external_references_or_encryption(reader: PdfReader) -> None:
    assert "/Encrypt" not in reader.trailer
    assert len(reader.trailer["/ID"]) == 2  # type: ignore[arg-type]
    for value in all_objects(reader):
        for one in dictionaries(value):
            assert not {"/JS", "/AA", "/OpenAction", "/XFA", "/NeedAppearances"} & set(one)
            assert one.get("/Type") not in ("/Action", "/Annot")
            assert one.get("/S") not in ("/JavaScript", "/Launch", "/URI", "/GoToR", "/SubmitForm")
            assert "LZWDecode" not in str(one.get("/Filter", ""))


def test_result_is_attached_as_data(reader: PdfReader, catalog: Any, document: Document) -> None:
    attached = catalog["/AF"][0].get_object()
    assert all(one.get_object() is attached for one in catalog["/AF"])
    assert attached["/AFRelationship"] == "/Data"
    assert attached["/F"] == attached["/UF"] == document.filename.replace(".pdf", ".json")
    content = attached["/EF"]["/F"].get_object()
    assert content["/Subtype"] == "/application/json"
    assert "/ModDate" in content["/Params"]
    assert json.loads(content.get_data()) == document.result


# --- Accessibility -------------------------------------------------------------------------------------
def test_document_has_language_title_and_structure(reader: PdfReader, catalog: Any) -> None:
    assert catalog["/Lang"] == "nl"
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert "Anouk van 't Hoff" in str(reader.metadata.title)
    assert all("/StructParents" in page and page.get("/Tabs") == "/S" for page in reader.pages)
    kinds = [element["/S"] for element in elements(catalog["/StructTreeRoot"])]
    assert {"/H1", "/H2", "/H3", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure"} <= set(kinds)
    assert kinds.count("/H1") == 1
    levels = [int(kind[2]) for kind in kinds if kind in ("/H1", "/H2", "/H3")]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_each_figure_has_an_alternative_text(catalog: Any, document: Document) -> None:
    figures = [element for element in elements(catalog["/StructTreeRoot"]) if element["/S"] == "/Figure"]
    assert len(figures) == 1
    assert str(document.code) in figures[0]["/Alt"]


def test_each_table_cell_names_its_headers(catalog: Any) -> None:
    tables = [element for element in elements(catalog["/StructTreeRoot"]) if element["/S"] == "/Table"]
    assert len(tables) == 6  # the facts, the summary, four parts
    for table in tables:
        headers = {str(element["/ID"]) for element in elements(table) if element["/S"] == "/TH"}
        for cell in (element for element in elements(table) if element["/S"] == "/TD"):
            named = {str(one) for one in cell["/A"]["/Headers"]}
            assert named
            assert named <= headers
