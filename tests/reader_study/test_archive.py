"""A study leaves and comes back as one file."""

import json
import shutil
import zipfile

import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.reader_study import access
from cancergan.reader_study.analysis import analyse
from cancergan.reader_study.archive import export, import_study
from cancergan.reader_study.store import Store
from tests.reader_study.rooms import reader_of, small_study
from tests.reader_study.simulated import read_all


def test_a_study_comes_back_with_its_answers_links_and_images(tmp_path):
    study = small_study(tmp_path, design="find-the-edit", repeats=0.0)
    token = access.invite(study.store, 2)
    read_all(study, d_prime=1.0)
    back = import_study(export(study, tmp_path / "study.zip"), tmp_path / "back")
    assert np.array_equal(back.images, study.images)
    assert np.array_equal(back.masks, study.masks)
    assert access.holder(back.store, token)["id"] == 2
    first, second = (analyse(side) for side in (study, back))
    assert first.results == second.results
    assert back.locked_at == study.locked_at


def test_a_half_read_study_goes_on_where_it_was(tmp_path):
    study = small_study(tmp_path)
    reader = reader_of(study)
    reader.begin()
    reader.answer(3)
    back = import_study(export(study, tmp_path / "study.zip"), tmp_path / "back")
    on = reader_of(back)
    assert on.state["trial"]["key"] == reader.state["trial"]["key"]
    assert on.state["position"] == 1


def rewritten(source, target, **changes):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            new.writestr(member, changes.get(member, old.read(member)))
    return target


def test_a_changed_audit_trail_a_broken_file_and_none_are_refused(tmp_path):
    study = small_study(tmp_path)
    whole = export(study, tmp_path / "study.zip")
    with zipfile.ZipFile(whole) as opened:
        trail = json.loads(opened.read("tables/audit.json"))
    trail[0]["what"] = "something else"
    changed = rewritten(whole, tmp_path / "changed.zip", **{"tables/audit.json": json.dumps(trail)})
    with pytest.raises(BadInputError, match="audit trail was changed"):
        import_study(changed, tmp_path / "out")
    (tmp_path / "cut.zip").write_bytes(whole.read_bytes()[:-400])
    for broken in ("cut.zip", "none.zip"):
        with pytest.raises(BadInputError, match="no exported study"):
            import_study(tmp_path / broken, tmp_path / "out")
    swapped = rewritten(whole, tmp_path / "swapped.zip", **{"tables/trials.json": "[{}]"})
    with pytest.raises(BadInputError, match="exported study"):
        import_study(swapped, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_audit_trail_and_the_answers_cannot_be_changed_in_place(tmp_path):
    import sqlite3

    study = small_study(tmp_path)
    reader = reader_of(study)
    reader.begin()
    reader.answer(3)
    for change in ("UPDATE audit SET what = 'x'", "DELETE FROM audit", "DELETE FROM answers"):
        with pytest.raises(sqlite3.IntegrityError), study.store.writing() as connection:
            connection.execute(change)


def test_a_read_only_study_is_not_served(tmp_path, monkeypatch):
    study = small_study(tmp_path)
    study.store.check_writable()
    import sqlite3

    def refuse(self, *, create=False):
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, isolation_level=None)
        connection.row_factory = sqlite3.Row
        return connection

    monkeypatch.setattr(Store, "_connect", refuse)
    with pytest.raises(BadInputError, match="answers would be lost"):
        study.store.check_writable()
    shutil.rmtree(study.path)
    monkeypatch.undo()
    with pytest.raises(BadInputError, match="cannot be written"):
        study.store.check_writable()
