"""A real browser reads whole studies, by keyboard and mouse, and finds nothing in its way."""

import statistics
from pathlib import Path

import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.phantoms import phantom
from cancergan.reader_study import access
from cancergan.reader_study.settings import StudySettings
from cancergan.reader_study.study import create
from tests.data import shared
from tests.reader_study.rooms import served, small_study

CHROMIUM = Path("/usr/bin/chromium")

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium at /usr/bin/chromium"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


def entered(browser, url, token, **options):
    """Return a page that is past the entrance, and the list of everything it complained of."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}, **options).new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(f"{url}/enter/{token}")
    page.get_by_role("button", name="Start reading").click()
    return page, wrong


def begin(page):
    page.get_by_role("button", name="Begin").click()
    page.wait_for_selector("body[data-key]")


def key_of(page):
    return page.evaluate("document.body.dataset.key")


def answered(study):
    with study.store.reading() as connection:
        return connection.execute(
            "SELECT t.phase, a.rating, a.seconds, a.mark_row FROM answers a JOIN trials t"
            " ON a.trial = t.id WHERE a.undone_at IS NULL ORDER BY a.id"
        ).fetchall()


def read_on(page, rating=lambda n: 1 + n % 6):
    """Read to the end of the study; return the times to the next case."""
    waits, count = [], 0
    while True:
        page.wait_for_function(
            "document.body.dataset.key || document.querySelector('main.card')", timeout=20_000
        )
        if page.locator("main.card").count():
            if page.get_by_role("button", name="Begin").count():
                begin(page)
                continue
            return waits
        key = key_of(page)
        page.keyboard.press(str(rating(count)))
        count += 1
        started = page.evaluate("performance.now()")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "(key) => document.querySelector('dialog[open], main.card')"
            " || document.body.dataset.key !== key", arg=key, polling="raf", timeout=20_000,
        )  # fmt: skip
        if page.locator("dialog[open]").count():
            page.keyboard.press("Enter")
            page.wait_for_function(
                "(key) => document.querySelector('main.card')"
                " || document.body.dataset.key !== key", arg=key, timeout=20_000,
            )  # fmt: skip
        elif not page.locator("main.card").count():
            waits.append(page.evaluate("performance.now()") - started)


def real_ultrasound():
    cohort = Cohort.open(shared("busi"))
    step = max(len(cohort) // 24, 1)
    cohort = cohort.select([i % step == 0 for i in range(len(cohort))])
    first = [i % 2 == 0 for i in range(len(cohort))]
    return cohort.select(first), cohort.select([not chosen for chosen in first])


def test_a_whole_study_of_real_ultrasound_is_read_by_keyboard(browser, tmp_path):
    settings = StudySettings(
        readers=1, gap=2, training=2, cases=12, image_size=160, title="Breast ultrasound"
    )
    study = create(*real_ultrasound(), tmp_path / "s", settings)
    with served(study) as url:
        page, wrong = entered(browser, url, access.invite(study.store, 1))
        waits = read_on(page)
        assert "that was all" in page.inner_text("main")
    assert wrong == []
    rows = answered(study)
    assert len(rows) == 2 + 14 + 12
    assert [row["rating"] for row in rows] == [1 + n % 6 for n in range(28)]
    assert all(0 < row["seconds"] < 60 for row in rows)
    print(f"next case: median {statistics.median(waits):.0f} ms of {len(waits)}")
    assert min(waits) < 100


def test_a_volume_is_scrolled_windowed_zoomed_and_read_by_mouse(browser, tmp_path):
    options = {"size": (64, 51, 48), "dimensions": 3}
    real, synthetic = (phantom("lung_ct", 4, seed=seed, **options) for seed in (0, 1))
    synthetic = Cohort.from_arrays(
        [case.image for case in synthetic],
        synthetic.table.assign(
            case_id=[f"s{i}" for i in range(4)], patient_id=[f"s{i}" for i in range(4)]
        ),
        spacing=synthetic[0].spacing, affine=synthetic[0].affine,
    )  # fmt: skip
    settings = StudySettings(readers=1, gap=0, training=0, repeats=0.0, informed=False)
    study = create(real, synthetic, tmp_path / "s", settings)
    with served(study) as url:
        page, wrong = entered(browser, url, access.invite(study.store, 1))
        begin(page)
        box = page.locator("canvas").bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

        def look():
            return page.evaluate("[view.slice, view.low, view.high, view.zoom, view.x]")

        first = look()
        page.mouse.move(*middle)
        page.mouse.wheel(0, 100)
        page.wait_for_function("(slice) => view.slice === slice + 1", arg=first[0])
        page.keyboard.press("ArrowUp")
        assert look()[0] == first[0]
        page.mouse.down()
        page.mouse.move(middle[0] + 120, middle[1] + 40, steps=6)
        page.mouse.up()
        dragged = look()
        assert dragged[2] - dragged[1] < first[2] - first[1]
        page.keyboard.press("f")
        page.get_by_role("button", name="Lung").click()
        assert look()[1:3] == [-1350.0, 150.0]
        page.keyboard.press("+")
        page.keyboard.press("Shift+ArrowRight")
        assert look()[3] > 1
        assert look()[4] < 0
        page.keyboard.press("r")
        assert look()[1:] == first[1:]
        for _ in range(8):
            key = key_of(page)
            page.get_by_role("button", name="Perhaps synthetic").click()
            page.get_by_role("button", name="Save").click()
            page.wait_for_function(
                "(key) => document.querySelector('main.card')"
                " || document.body.dataset.key !== key", arg=key,
            )  # fmt: skip
        page.wait_for_selector("main.card")
    assert wrong == []
    assert [row["rating"] for row in answered(study)] == [4] * 8


def test_an_edit_is_marked_by_a_click_and_undo_and_pause_work(browser, tmp_path):
    study = small_study(tmp_path, design="find-the-edit", training=0, readers=1)
    with served(study) as url:
        token = access.invite(study.store, 1)
        page, wrong = entered(browser, url, token)
        begin(page)
        page.keyboard.press("6")
        assert page.locator("#save").is_disabled()
        assert "Click on what was edited" in page.inner_text("#status")
        box = page.locator("canvas").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        first = key_of(page)
        page.keyboard.press("Enter")
        page.wait_for_function("(key) => document.body.dataset.key !== key", arg=first)
        assert answered(study)[0]["mark_row"] == pytest.approx(7.5, abs=0.5)
        page.keyboard.press("u")
        page.wait_for_function("(key) => document.body.dataset.key === key", arg=first)
        assert answered(study) == []
        page.keyboard.press("p")
        page.wait_for_selector("#paused[open]")
        other, _ = entered(browser, url, token)  # go on elsewhere
        other.wait_for_selector("body[data-key]")
        assert key_of(other) == first
        page.keyboard.press("Enter")
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.wait_for_selector("#banner:not([hidden])")
        assert "another place" in page.inner_text("#banner")
    assert answered(study) == []
    assert all("409" in line for line in wrong)


def test_pairs_are_read_on_a_tablet_by_touch(browser, tmp_path):
    study = small_study(tmp_path, design="2afc", training=0, readers=1, informed=False)
    with served(study) as url:
        page, wrong = entered(browser, url, access.invite(study.store, 1), has_touch=True)
        page.set_viewport_size({"width": 820, "height": 1180})
        page.get_by_role("button", name="Begin").tap()
        page.wait_for_selector("body[data-key]")
        total = page.evaluate("state.total")
        for _ in range(total):
            key = key_of(page)
            page.get_by_role("button", name="Probably left").tap()
            page.get_by_role("button", name="Save").tap()
            page.wait_for_function(
                "(key) => document.querySelector('main.card')"
                " || document.body.dataset.key !== key", arg=key,
            )  # fmt: skip
        page.wait_for_selector("main.card")
    assert wrong == []
    assert len(answered(study)) == total


def test_the_page_survives_a_server_that_is_away_for_a_while(browser, tmp_path):
    from tests.reader_study.rooms import free_port, start

    study = small_study(tmp_path, training=0, readers=1)
    port = free_port()
    process = start(study.path, port)
    page, _ = entered(browser, f"http://127.0.0.1:{port}", access.invite(study.store, 1))
    begin(page)
    process.kill()
    process.wait()
    first = key_of(page)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.wait_for_selector("#banner:not([hidden])")
    assert "Not saved yet" in page.inner_text("#banner")
    process = start(study.path, port)
    page.wait_for_function("(key) => document.body.dataset.key !== key", arg=first, timeout=20_000)
    process.kill()
    process.wait()
    assert len(answered(study)) == 1


def test_without_javascript_the_page_says_what_it_needs(browser, tmp_path):
    study = small_study(tmp_path, training=0, readers=1)
    with served(study) as url:
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(f"{url}/enter/{access.invite(study.store, 1)}")
        page.get_by_role("button", name="Start reading").click()
        page.get_by_role("button", name="Begin").click()
        assert "needs JavaScript" in page.inner_text("body")


def test_axe_finds_nothing_serious_on_any_page(browser, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    study = small_study(tmp_path, design="find-the-edit", shape=(16, 16, 6), readers=1, training=2)
    found = {}

    def check(page, name):
        report = axe.run(page).response
        found[name] = [
            f"{v['id']}: {v['nodes'][0]['html'][:80]}"
            for v in report["violations"]
            if v["impact"] in ("serious", "critical")
        ]

    with served(study) as url:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
        page = context.new_page()
        page.goto(f"{url}/enter/{access.invite(study.store, 1)}")
        check(page, "entrance")
        page.get_by_role("button", name="Start reading").click()
        check(page, "interlude")
        begin(page)
        check(page, "case")
        page.keyboard.press("1")
        check(page, "chosen")
        page.keyboard.press("h")
        check(page, "keys")
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        page.wait_for_selector("#told[open]")
        check(page, "told")
        other = browser.new_context(bypass_csp=True).new_page()
        other.goto(f"{url}/enter/{access.invite(study.store, None)}")
        other.get_by_role("button").click()
        check(other, "progress")
        other.goto(f"{url}/nowhere")
        check(other, "nowhere")
    assert found == {name: [] for name in found}
