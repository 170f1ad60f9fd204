"""Draw the pictures of the guide to reader studies: ``python docs/reader_study_pictures.py``.

Named ones alone: ``pair``, ``volume``, ``analysis``.

Phantoms stand for both sides, and readers are simulated; no patient is in any picture. Needs the
extras ``reader-study`` and ``dev`` (playwright), and a Chromium at /usr/bin/chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.reader_study.rooms import served  # noqa: E402
from tests.reader_study.simulated import read_all  # noqa: E402

from cancergan.cohort import Cohort  # noqa: E402
from cancergan.cohort.phantoms import phantom  # noqa: E402
from cancergan.reader_study import access  # noqa: E402
from cancergan.reader_study.analysis import analyse  # noqa: E402
from cancergan.reader_study.settings import StudySettings  # noqa: E402
from cancergan.reader_study.study import Study, create  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WIDTH = 900
CHROMIUM = "/usr/bin/chromium"


def kept(page: Page, name: str) -> None:
    """Save what a page shows as a small picture."""
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    picture = Image.open(path).convert("RGB")
    picture = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.LANCZOS)
    picture.quantize(96).save(path, optimize=True)


def opened(browser: Browser, url: str, study: Study) -> Page:
    """Return a page with the first case of a study."""
    page = browser.new_page(viewport={"width": 1366, "height": 860})
    page.goto(f"{url}/enter/{access.invite(study.store, 1)}")
    page.click("button")
    page.click("button")
    page.wait_for_selector("body[data-key]")
    return page


def named(cohort: Cohort, letter: str) -> Cohort:
    """Return copies of cases as other patients."""
    names = [f"{letter}{number}" for number in range(len(cohort))]
    return Cohort.from_arrays(
        [case.image for case in cohort],
        cohort.table.assign(case_id=names, patient_id=names),
        spacing=cohort[0].spacing,
        affine=cohort[0].affine,
    )


def reading(made: Study, name: str, rating: str) -> None:
    """Photograph the first case of a study with an answer chosen."""
    with sync_playwright() as playwright, served(made) as url:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = opened(browser, url, made)
        page.keyboard.press(rating)
        page.wait_for_timeout(200)
        kept(page, name)


def ultrasound(cases: int) -> tuple[Cohort, Cohort]:
    """Return phantoms, and others as another scanner would show them."""
    real, other = (phantom("breast_ultrasound", cases, seed=seed, size=160) for seed in (0, 1))
    return real, other.shifted(acquisition=0.3)


def pair(folder: Path) -> None:
    """Two images side by side."""
    settings = StudySettings(design="2afc", title="Breast ultrasound", readers=1, gap=2, training=0)
    reading(create(*ultrasound(10), folder, settings), "reader_study_pair", "5")


def volume(folder: Path) -> None:
    """A volume with its presets and slices."""
    chest = phantom("lung_ct", 3, seed=0, size=(96, 77, 48), dimensions=3)
    settings = StudySettings(title="Lung CT", readers=1, gap=0, repeats=0, training=0)
    reading(create(chest, named(chest, "s"), folder, settings), "reader_study_volume", "2")


def analysis(folder: Path) -> None:
    """The page of an analysis of five simulated readers."""
    settings = StudySettings(title="Breast ultrasound", readers=5, training=0)
    study = create(*ultrasound(40), folder, settings)
    read_all(study, d_prime=0.8, informed_d_prime=1.4, case_spread=0.4)
    analyse(study).save(folder / "analysis")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 1300})
        page.goto((folder / "analysis" / "analysis.html").as_uri())
        kept(page, "reader_study_analysis")


if __name__ == "__main__":
    drawn = {"pair": pair, "volume": volume, "analysis": analysis}
    for wanted in sys.argv[1:] or drawn:
        with tempfile.TemporaryDirectory() as temporary:
            drawn[wanted](Path(temporary) / "study")
