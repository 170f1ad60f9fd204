"""The protocol, seen from a browser: nothing is lost, doubled, out of order or anybody else's."""

import sqlite3
import threading

import pytest
from fastapi.testclient import TestClient

from cancergan.reader_study import access
from cancergan.reader_study.store import audit_is_whole
from cancergan.reader_study.web.app import build
from tests.reader_study.rooms import reader_of, small_study


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path)


def answers(study):
    with study.store.reading() as connection:
        return connection.execute(
            "SELECT t.reader, t.position, a.rating FROM answers a JOIN trials t ON a.trial = t.id"
            " WHERE a.undone_at IS NULL ORDER BY t.reader, t.position"
        ).fetchall()


def test_a_reader_goes_through_training_blind_and_informed_phase(study):
    reader = reader_of(study)
    seen = []
    for _ in range(3):
        reader.begin()
        seen.append((reader.state["phase"], reader.state["total"]))
        reader.finish_phase()
        reader.load()
    assert seen == [("training", 2), ("blind", 26), ("informed", 22)]
    assert "that was all" in reader.load()
    assert len(answers(study)) == 50


def test_feedback_is_given_in_training_alone(study):
    reader = reader_of(study)
    reader.begin()
    told = [reader.answer(6).json()["feedback"] for _ in range(2)]
    assert sorted(entry["truth"] for entry in told) == ["real", "synthetic"]
    assert all(entry["correct"] == (entry["truth"] == "synthetic") for entry in told)
    reader.load()
    reader.begin()
    assert reader.answer(6).json()["feedback"] is None


def test_an_answer_posted_twice_counts_once(study):
    reader = reader_of(study)
    reader.begin()
    trial = reader.state["trial"]
    first = reader.answer(3)
    again = reader.answer(3, key=trial["key"], nonce=trial["nonce"])
    assert again.status_code == 200
    assert again.json()["state"] == first.json()["state"]
    assert len(answers(study)) == 1


def test_a_changed_answer_to_a_case_that_is_over_is_refused(study):
    reader = reader_of(study)
    reader.begin()
    trial = reader.state["trial"]
    reader.answer(3)
    reply = reader.post("/answers", key=trial["key"], nonce=trial["nonce"], rating=5, seconds=1)
    assert reply.status_code == 409
    assert "answered already" in reply.json()["detail"]
    assert [row["rating"] for row in answers(study)] == [3]


def test_forged_foreign_and_future_cases_are_refused(study):
    reader = reader_of(study)
    reader.begin()
    with study.store.reading() as connection:
        own_later, foreign = (
            connection.execute(
                "SELECT key, nonce FROM trials WHERE reader = ? AND position = ?", place
            ).fetchone()
            for place in ((1, 5), (2, 0))
        )
    for trial in (own_later, foreign, {"key": "forged", "nonce": "forged"}):
        reply = reader.post("/answers", key=trial["key"], nonce=trial["nonce"], rating=1, seconds=1)
        assert reply.status_code == 409
    assert answers(study) == []


def test_a_stale_tab_is_sent_to_the_open_case(study):
    reader = reader_of(study)
    reader.begin()
    reader.finish_phase()
    reader.load()
    reader.begin()
    stale = reader.state["trial"]
    reader.answer(2)
    assert reader.post("/undo").status_code == 200
    reply = reader.post("/answers", key=stale["key"], nonce=stale["nonce"], rating=2, seconds=1)
    assert reply.status_code == 409
    assert "out of date" in reply.json()["detail"]


def test_undo_takes_back_the_last_answer_of_the_phase_and_keeps_it_on_record(study):
    reader = reader_of(study)
    reader.begin()
    reader.finish_phase()
    reader.load()
    reader.begin()
    key = reader.state["trial"]["key"]
    assert reader.post("/undo").status_code == 409  # not back into the training
    reader.answer(2)
    state = reader.post("/undo").json()["state"]
    assert state["trial"]["key"] == key
    assert not state["can_undo"]
    reader.state = state
    reader.answer(5)
    with study.store.reading() as connection:
        rows = connection.execute(
            "SELECT rating, undone_at IS NOT NULL AS undone FROM answers ORDER BY id DESC LIMIT 2"
        ).fetchall()
        assert [tuple(row) for row in rows] == [(5, 0), (2, 1)]
        assert audit_is_whole(connection)


def test_a_second_device_takes_over_and_the_first_is_told(study):
    app = build(study)
    token = access.invite(study.store, 2)
    left, right = TestClient(app), TestClient(app)
    for client in (left, right):
        assert client.post(f"/enter/{token}", follow_redirects=False).status_code == 303
    page = left.get("/read")
    assert page.status_code == 409
    assert "Opened elsewhere" in page.text
    assert "Warming up" in right.get("/read").text


def test_two_readers_on_one_link_cannot_both_answer(study):
    reader = reader_of(study)
    reader.begin()
    with study.store.writing() as connection:  # what entering elsewhere does
        connection.execute("UPDATE sessions SET current = 0")
    assert reader.answer(2).status_code == 409
    assert answers(study) == []


def test_an_answer_without_the_csrf_token_is_refused(study):
    reader = reader_of(study)
    reader.begin()
    reader.csrf = "wrong"
    assert reader.answer(2).status_code == 403
    assert answers(study) == []


def test_a_locked_database_is_reported_as_not_saved(study, monkeypatch):
    monkeypatch.setattr("cancergan.reader_study.store.BUSY_SECONDS", 0.05)
    reader = reader_of(study)
    reader.begin()
    blocker = sqlite3.connect(study.store.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    reply = reader.answer(2)
    assert reply.status_code == 503
    assert "not saved" in reply.json()["detail"]
    blocker.execute("ROLLBACK")
    assert reader.answer(2).status_code == 200
    assert len(answers(study)) == 1


def test_twenty_posts_of_one_answer_at_once_are_one_answer(study):
    reader = reader_of(study)
    reader.begin()
    trial = reader.state["trial"]
    body = {"key": trial["key"], "nonce": trial["nonce"], "rating": 4, "seconds": 1.0}
    codes = []
    threads = [
        threading.Thread(target=lambda: codes.append(reader.post("/answers", **body).status_code))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * 20
    assert len(answers(study)) == 1


def test_nothing_is_taken_once_the_study_is_locked(study):
    reader = reader_of(study)
    reader.begin()
    study.lock()
    assert reader.answer(2).status_code == 409
    assert "closed" in reader.load()


def test_a_mark_is_needed_where_something_is_said_to_be_edited(tmp_path):
    study = small_study(tmp_path, design="find-the-edit")
    reader = reader_of(study)
    reader.begin()
    assert reader.answer(5).status_code == 409
    assert reader.answer(5, mark=[0, 99, 3]).status_code == 409
    assert reader.answer(5, mark=[0, 9.25, 3]).status_code == 200
    assert reader.answer(1, mark=[0, 9.25, 3]).status_code == 200
    with study.store.reading() as connection:
        marks = [row["mark_row"] for row in connection.execute("SELECT mark_row FROM answers")]
    assert marks == [9.25, None]


def test_the_informed_phase_waits_for_the_wash_out(tmp_path):
    study = small_study(tmp_path, pause_hours=24, training=0)
    reader = reader_of(study)
    reader.begin()
    reader.finish_phase()
    assert reader.state["stage"] == "waiting"
    assert "opens later" in reader.load()
    reader.csrf = reader.csrf or "none"
    assert reader.client.post("/begin", data={"csrf": reader.csrf}).status_code in (200, 403)
    assert "opens later" in reader.load()


def test_only_the_open_and_the_next_image_are_given_out(study):
    reader = reader_of(study)
    reader.begin()
    with study.store.reading() as connection:
        keys = [
            row["first_key"]
            for row in connection.execute("SELECT first_key FROM trials WHERE reader = 1")
        ]
        foreign = connection.execute("SELECT first_key FROM trials WHERE reader = 2").fetchone()
    codes = [reader.client.get(f"/images/{key}").status_code for key in keys[:4]]
    assert codes == [200, 200, 404, 404]
    assert reader.client.get(f"/images/{foreign[0]}").status_code == 404
    assert TestClient(build(study)).get(f"/images/{keys[0]}").status_code == 403


def test_revoked_links_and_strangers_find_nothing(study):
    token = access.invite(study.store, 1)
    client = TestClient(build(study))
    assert client.get(f"/enter/{token}").status_code == 200
    access.revoke(study.store, 1)
    assert client.get(f"/enter/{token}").status_code == 404
    assert client.post(f"/enter/{token}").status_code == 404
    for path in ("/", "/docs", "/openapi.json", "/progress", "/read", "/study.json", "/static/x"):
        assert client.get(path).status_code in (403, 404), path


def test_the_administrator_sees_progress_and_no_answers_and_readers_do_not(study):
    reader = reader_of(study)
    reader.begin()
    reader.answer(6)
    assert reader.client.get("/progress").status_code == 404
    token = access.invite(study.store, None)
    client = TestClient(reader.client.app)
    client.post(f"/enter/{token}")
    page = client.get("/progress").text
    assert "1 of 50" in page
    assert "ynthetic" not in page.split("<main")[1]
    assert client.get("/read").status_code == 404


def test_tokens_are_stored_as_hashes_alone(study):
    token = access.invite(study.store, 1)
    reader = reader_of(study)
    secret = reader.client.cookies["reading"]
    content = b"".join(path.read_bytes() for path in study.path.iterdir())
    assert token.encode() not in content
    assert secret.encode() not in content


def test_replies_carry_security_headers_and_cookies_are_out_of_reach(study):
    token = access.invite(study.store, 1)
    client = TestClient(build(study))
    reply = client.post(f"/enter/{token}", follow_redirects=False)
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert reply.headers["referrer-policy"] == "no-referrer"
    foreign = client.post(f"/enter/{token}", headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403


def test_guessing_links_is_slowed_down_and_large_bodies_are_refused(study):
    client = TestClient(build(study))
    codes = [client.get("/enter/guess").status_code for _ in range(80)]
    assert codes[0] == 404
    assert codes[-1] == 429
    entered = reader_of(study)
    large = entered.client.post("/answers", content=b"x" * 20_000)
    assert large.status_code == 413


def test_a_page_without_javascript_says_so(study):
    reader = reader_of(study)
    reader.begin()
    assert "needs JavaScript" in reader.load().split("<noscript>")[1].split("</noscript>")[0]
