"""Nothing that a browser receives besides the pixels says which image is synthetic."""

import time

import httpx
import numpy as np
import pytest

from cancergan.core.seeds import numpy_generator
from cancergan.metrics import auc
from cancergan.reader_study import access
from tests.reader_study.rooms import Reader, served, small_study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def received(tmp_path_factory):
    """What four readers got for every image: name, headers, size, time; and the truth."""
    study = small_study(
        tmp_path_factory.mktemp("leaks"), n=80, shape=(64, 64), readers=4, training=0, repeats=0.0,
        informed=False,
    )  # fmt: skip
    with study.store.reading() as connection:
        truth = {
            row["first_key"]: row["truth"]
            for row in connection.execute(
                "SELECT t.first_key, i.truth FROM trials t JOIN items i ON t.item = i.id"
            )
        }
    rows, pages = [], []
    with served(study) as url:
        for number in range(1, 5):
            with httpx.Client(base_url=url) as client:
                reader = Reader(client, access.invite(study.store, number))
                reader.begin()
                pages.append(reader.load())
                while reader.state["stage"] == "trial":
                    key = reader.state["trial"]["images"][0]
                    started = time.perf_counter()
                    reply = client.get(f"/images/{key}")
                    taken = time.perf_counter() - started
                    started = time.perf_counter()
                    answered = reader.answer(2)
                    rows.append({
                        "key": key, "headers": sorted(reply.headers.items()),
                        "size": len(reply.content), "seconds": taken,
                        "answer": time.perf_counter() - started,
                        "answer_size": len(answered.content),
                        "answer_headers": sorted(answered.headers.items()),
                        "truth": truth[key], "stage": reader.state["stage"],
                        "ahead": len(reader.state["ahead"]),
                    })  # fmt: skip
    return rows, pages


def test_sizes_and_headers_are_the_same_for_every_image(received):
    rows, _ = received
    assert len(rows) == 4 * 80
    assert len({row["size"] for row in rows}) == 1
    assert len({str(row["headers"]) for row in rows}) == 1


def test_replies_to_answers_differ_in_length_by_their_counters_alone(received):
    rows, _ = received
    by_kind = {}
    for row in rows:
        if row["stage"] == "trial" and row["ahead"]:
            by_kind.setdefault(row["answer_size"], set()).add(row["truth"])
    assert max(by_kind) - min(by_kind) <= 2  # 9 of 80, 10 of 80; can_undo is true from the first on
    assert all(kinds == {0, 1} for size, kinds in by_kind.items() if size == max(by_kind))


def test_no_page_holds_a_word_of_truth(received):
    _, pages = received
    for page in pages:
        state = page.split('id="state">')[1].split("</script>")[0]
        for word in ("truth", "synthetic", "real", "case_id", "item", "swapped", "label"):
            assert word not in state


def test_a_classifier_on_names_and_timings_is_at_chance(received):
    """Nearest neighbours and a linear model, cross-validated over readers, against permutations."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, _ = received
    features = np.array([
        [row["seconds"], row["answer"], row["answer_size"], *row["key"].encode()] for row in rows
    ], dtype=float)  # fmt: skip
    truth = np.array([row["truth"] for row in rows])
    folds = np.arange(len(rows)) // 80
    models = [
        make_pipeline(StandardScaler(), LogisticRegression(C=0.1)),
        make_pipeline(StandardScaler(), KNeighborsClassifier(15)),
    ]
    for model in models:
        found = _cross_validated(model, features, truth, folds)
        random = numpy_generator(0, "leak")
        by_chance = [
            _cross_validated(model, features, random.permutation(truth), folds) for _ in range(40)
        ]
        print(f"AUC {found:.3f}; permuted {np.min(by_chance):.3f} to {np.max(by_chance):.3f}")
        assert found <= np.mean(by_chance) + 4 * np.std(by_chance)
    timing = auc(truth, features[:, 0] / features[:, 0].max())
    assert 0.5 - 0.13 < timing < 0.5 + 0.13  # 4 standard errors of 160 against 160


def _cross_validated(model, features, truth, folds):
    scores = np.empty(len(truth))
    for fold in np.unique(folds):
        inside = folds != fold
        model.fit(features[inside], truth[inside])
        scores[~inside] = model.predict_proba(features[~inside])[:, 1]
    return auc(truth, scores)


def test_an_image_is_given_another_name_to_every_reader_and_at_every_repeat(tmp_path):
    study = small_study(tmp_path, repeats=0.5, gap=1)
    with study.store.reading() as connection:
        keys = [row[0] for row in connection.execute("SELECT first_key FROM trials")]
        keys += [row[0] for row in connection.execute("SELECT key FROM trials")]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {22}
