from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from cancergan.assessment.findings import Panel, Picture, Row, Skipped
from cancergan.assessment.gate import gate
from cancergan.assessment.html import by_family, flat, render_html, synthetic_numbers
from cancergan.assessment.policy import Policy
from tests.assessment.findings import finding, report

HOSTILE = '"><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>'


class Page(HTMLParser):
    """Collects the tags, what they fetch, and the text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.fetched, self.attributes, self.words = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attributes]
        self.fetched += [value for name, value in attributes if name in ("src", "href", "data")]

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_fetches_nothing_and_runs_nothing():
    text = render_html(report())
    page = Page(text)
    assert page.fetched
    assert all(value.startswith("data:image/png;base64,") for value in page.fetched)
    assert not {"script", "link", "iframe", "object", "embed"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on")]
    assert "@import" not in text
    assert "url(" not in text


def test_hostile_texts_stay_texts():
    picture = Picture(np.zeros((16, 16), np.uint8), "synthetic", HOSTILE)
    hostile = replace(
        report(),
        findings=(finding(name=HOSTILE, space=HOSTILE, note=HOSTILE),),
        skipped=(Skipped(HOSTILE, HOSTILE, HOSTILE),),
        provenance={HOSTILE: HOSTILE},
        pictures=(Panel(HOSTILE, HOSTILE, (Row(HOSTILE, (picture,)),)),),
    )
    page = Page(render_html(hostile))
    assert "script" not in page.tags
    assert all(value.startswith("data:image/png;base64,") for value in page.fetched)
    assert "onerror" not in page.attributes
    assert "".join(page.words).count("<script>alert(1)</script>") >= 8


def test_the_page_shows_figures_reasons_and_what_is_missing():
    words = "".join(Page(render_html(report())).words)
    assert "2.0" in words
    assert "1.0 to 3.0" in words
    assert "Fréchet distance" in words
    assert "Needs the training cohort." in words
    assert "contains pictures of real patients" in words


def test_the_verdict_is_shown_only_when_given():
    policy = Policy.model_validate(
        {"name": "p", "rules": [{"family": "privacy", "name": "copy_rate", "at_most": 1}]}
    )
    assert "Refused" not in render_html(report())
    shown = "".join(Page(render_html(report(), gate(report(), policy))).words)
    assert "Refused" in shown
    assert "privacy copy_rate: not measured" in shown


def test_mixed_pictures_do_not_tell_in_their_description():
    text = render_html(report())
    assert 'alt="picture 1"' in text
    assert 'alt="picture 2"' in text
    assert synthetic_numbers(report().pictures[0]) == "2"


def test_on_paper_the_answer_stands_at_the_end():
    text = render_html(report())
    assert '<p class="on-paper">Mixed: synthetic are 2.</p>' in text
    assert text.index('on-paper">Mixed') > text.index("How it was measured")


def test_cautions_come_before_any_figure_and_curves_are_drawn():
    text = render_html(report())
    assert text.index("Two real cases are equal.") < text.index("The figures")
    assert text.count('class="curve"') == 1
    assert "Study card" in text


def test_a_page_without_real_patients_does_not_warn_of_them():
    picture = Picture(np.zeros((16, 16), np.uint8), "synthetic")
    bare = replace(report(), pictures=(Panel("Made", "Text.", (Row("", (picture,)),)),))
    assert "contains pictures of real patients" not in render_html(bare)


def test_an_empty_report_renders():
    empty = type(report())()
    assert "Nothing was measured" in render_html(empty)


def test_families_come_in_their_order_and_spaces_together():
    findings = (
        finding("privacy", "copy_rate"),
        finding("fidelity", "precision"),
        finding("novel", "thing"),
        finding("fidelity", "precision", space="pixels"),
    )
    grouped = by_family(findings)
    assert list(grouped) == ["fidelity", "privacy", "novel"]
    assert len(grouped["fidelity"]["precision"]) == 2


def test_long_lists_in_provenance_are_shortened():
    assert dict(flat({"ids": list(range(9))}))["ids"] == "0, 1, 2, 3, 4, 5 and 3 more"
