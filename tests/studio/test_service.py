from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowengine.server.routing import ApiError
from flowengine.studio.service import Studio

GIT = shutil.which("git")


def refused(work: Any, *given_: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        work(*given_)
    return caught.value


def test_every_flow_can_be_opened_and_saved_without_a_byte_changing(studio: Studio, folder: Path) -> None:
    for path in sorted(folder.glob("*.yaml")):
        source = path.read_bytes()
        document = studio.open(path.stem, None)
        stamp = path.stat()

        saved = studio.save(path.stem, None, {"text": document["text"], "base": document["version"]})

        assert path.read_bytes() == source
        assert path.stat() == stamp
        assert saved["version"] == document["version"]
        assert document["findings"] == [] or all(one["severity"] != "error" for one in document["findings"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    st.binary(max_size=60),
    st.sampled_from([b"flow: odd\nnodes: {a: {end: success}}\n", b"\xef\xbb\xbfflow: odd\r\n", b"flow: odd"]),
)
def test_whatever_a_file_holds_it_keeps_when_nothing_was_changed(
    studio: Studio, folder: Path, tail: bytes, head: bytes
) -> None:
    path = folder / "odd.yaml"
    path.write_bytes(head + b"\n#" + tail)
    try:
        document = studio.open("odd", None)
    except ApiError:  # no text, or no flow
        return
    studio.save("odd", None, {"text": document["text"], "base": document["version"]})
    assert path.read_bytes() == head + b"\n#" + tail


def test_a_change_is_saved_with_the_permissions_of_the_file(studio: Studio, folder: Path) -> None:
    path = folder / "sms-inbound.yaml"
    path.chmod(0o640)
    document = studio.open("sms-inbound", None)
    text = document["text"].replace("Known customer?", "Who is it?")

    saved = studio.save("sms-inbound", None, {"text": text, "base": document["version"]})

    assert path.read_text("utf-8") == text == saved["text"]
    assert path.stat().st_mode & 0o777 == 0o640


def test_changes_of_others_are_merged_and_shown_and_nothing_is_written(studio: Studio, folder: Path) -> None:
    path = folder / "sms-inbound.yaml"
    document = studio.open("sms-inbound", None)
    theirs = document["text"].replace("title: Inbound SMS", "title: SMS")
    path.write_text(theirs, "utf-8")
    mine = document["text"].replace("Known customer?", "Who is it?")

    error = refused(studio.save, "sms-inbound", None, {"text": mine, "base": document["version"]})

    assert (error.status, error.code) == (409, "changed-on-disk")
    assert path.read_text("utf-8") == theirs == error.details["disk"]["text"]
    merged = error.details["merged"]
    assert merged == theirs.replace("Known customer?", "Who is it?")
    studio.save("sms-inbound", None, {"text": merged, "base": error.details["disk"]["version"]})
    assert path.read_text("utf-8") == merged


def test_changes_that_do_not_fit_together_are_shown_as_conflicts(folder: Path) -> None:
    path = folder / "sms-inbound.yaml"
    first = Studio(folder).open("sms-inbound", None)
    path.write_text(first["text"].replace("Known customer?", "Theirs"), "utf-8")
    body = {"text": first["text"].replace("Known customer?", "Mine"), "base": first["version"]}
    later = Studio(folder)  # one that has never seen the text that was changed

    line = first["text"][: first["text"].index("Known customer?")].count("\n") + 1
    error = refused(later.save, "sms-inbound", None, {**body, "baseText": first["text"]})
    assert error.details["merged"] is None
    assert error.details["conflicts"] == [{"base": [line, line], "mine": [line, line], "disk": [line, line]}]
    assert refused(later.save, "sms-inbound", None, body).details["merged"] is None


def test_moving_nodes_changes_no_byte_of_the_flow(studio: Studio, folder: Path) -> None:
    path = folder / "sms-inbound.yaml"
    source = path.read_bytes()

    kept = studio.move("sms-inbound", None, {"positions": {"search": {"x": 10, "y": 20.26}, "gone": {"x": 1, "y": 2}}})

    assert kept == {"positions": {"gone": {"x": 1, "y": 2}, "search": {"x": 10, "y": 20.3}}}
    assert path.read_bytes() == source
    search = {one["id"]: one for one in studio.open("sms-inbound", None)["graph"]["nodes"]}["search"]
    assert (search["x"], search["y"], search["moved"]) == (10.0, 20.3, True)
    assert studio.move("sms-inbound", None, {"positions": {"search": None, "gone": None}}) == {"positions": {}}
    assert not (folder / "sms-inbound.layout.json").exists()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"layout": 1, "nodes": {"search": {"x": "a", "y": 1}}}', "{", '{"layout": 2, "nodes": {}}']
)
def test_a_file_of_positions_that_is_none_is_not_believed_and_not_overwritten(
    studio: Studio, folder: Path, content: str
) -> None:
    file = folder / "sms-inbound.layout.json"
    file.write_text(content)

    assert not any(one["moved"] for one in studio.open("sms-inbound", None)["graph"]["nodes"])
    error = refused(studio.move, "sms-inbound", None, {"positions": {"search": {"x": 1, "y": 1}}})
    assert error.code == "wrong-positions"
    assert file.read_text() == content


@pytest.mark.parametrize("value", [3, {"x": 1}, {"x": 1, "y": 1e300}, {"x": "1", "y": 1}])
def test_a_position_that_is_none_is_refused(studio: Studio, value: Any) -> None:
    assert refused(studio.move, "sms-inbound", None, {"positions": {"search": value}}).code == "wrong-positions"


@pytest.mark.parametrize(
    "name",
    [
        "../outside.yaml",
        "/etc/passwd.yaml",
        "a/../../b.yaml",
        "..",
        "",
        "a\\b.yaml",
        "C:x.yaml",
        "x\0.yaml",
        ".git/a.yaml",
        "sms-inbound.layout.json",
        "flowengine.yaml",
        "link/secret.yaml",
        "linked.yaml",
        "x" * 300 + ".yaml",
        "./a.yaml",
        "a//b.yaml",
    ],
)
def test_nothing_outside_of_the_folder_is_there(studio: Studio, folder: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "secret.yaml").write_text("flow: secret\nnodes: {a: {end: success}}\n")
    (tmp_path / "outside.yaml").write_text("flow: secret\n")
    (folder / "link").symlink_to(outside)
    (folder / "linked.yaml").symlink_to(outside / "secret.yaml")

    assert refused(studio.open, "-", name).code in {"wrong-path", "not-found"}
    assert refused(studio.document, {"text": "", "path": name}).code == "wrong-path"
    assert refused(studio.create, {"path": name, "text": "flow: x\n"}).status in {422, 409}
    body = {"text": "flow: evil\n", "base": ""}
    assert refused(studio.save, "-", name, body).code in {"wrong-path", "not-found"}
    assert (outside / "secret.yaml").read_text().startswith("flow: secret")


def test_a_flow_that_is_a_link_out_of_the_folder_is_refused_by_its_id(
    studio: Studio, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.yaml").write_text("flow: secret\nnodes: {a: {end: success}}\n")
    (folder / "linked.yaml").symlink_to(tmp_path / "secret.yaml")

    assert refused(studio.open, "secret", None).code == "wrong-path"


def test_two_files_with_one_id_have_to_be_told_apart(studio: Studio, folder: Path) -> None:
    (folder / "a copy").mkdir()
    shutil.copy(folder / "sms-inbound.yaml", folder / "a copy" / "sms-inbound.yaml")

    assert refused(studio.open, "sms-inbound", None).status == 409
    assert studio.open("sms-inbound", "a copy/sms-inbound.yaml")["path"] == "a copy/sms-inbound.yaml"


def test_a_new_file_takes_no_place_that_is_taken(studio: Studio, folder: Path) -> None:
    made = studio.create({"path": "more/new.yaml", "text": "flow: new\nnodes: {a: {end: success}}\n"})

    assert made["id"] == "new"
    assert (folder / "more" / "new.yaml").read_text() == made["text"]
    assert refused(studio.create, {"path": "sms-inbound.yaml", "text": ""}).status == 409


def test_a_recording_is_no_flow(studio: Studio) -> None:
    name = "recordings/sms-inbound.busy.recording.yaml"
    assert refused(studio.open, "-", name).code == "no-flow"


def test_an_edit_says_what_it_did(studio: Studio, sms: str) -> None:
    shown = {one["id"]: {"x": one["x"], "y": one["y"]} for one in studio.document({"text": sms})["graph"]["nodes"]}
    operation = {"op": "add-node", "type": "delay", "after": {"node": "search", "outcome": "conversationClosed"}}

    edited = studio.edit({"text": sms, "operations": [operation], "positions": shown, "judge": False})
    without = studio.edit({"text": sms, "operations": [operation], "judge": False})

    assert edited["added"] == ["delay"]
    assert edited["findings"] is None
    lines = edited["text"].split("\n")
    first, last = edited["changedLines"][0]
    assert lines[first - 1 : last] == ["      conversationClosed: delay"]
    for document in (edited, without):
        now = {one["id"]: {"x": one["x"], "y": one["y"]} for one in document["graph"]["nodes"]}
        assert {name: now[name] for name in shown} == shown


def test_an_edit_that_is_refused_says_which_operation(studio: Studio, sms: str) -> None:
    body = {"text": sms, "operations": [{"op": "set-start", "node": "search"}, {"op": "remove", "node": "nowhere"}]}

    error = refused(studio.edit, body)

    assert (error.code, error.details["operation"]) == ("edit-refused", 1)


def test_findings_have_fixes_that_can_be_made(studio: Studio, sms: str) -> None:
    text = sms.replace("search-conversation@1.3", "search-conversation")
    (found,) = [one for one in studio.document({"text": text, "path": "sms-inbound.yaml"})["findings"] if one["fixes"]]

    edited = studio.edit({"text": text, "operations": [{"op": "apply", "edits": found["fixes"][0]["edits"]}]})

    assert edited["text"] == sms


def test_a_form_shows_inputs_outcomes_and_references(studio: Studio, sms: str) -> None:
    form = studio.form({"text": sms, "node": "append"})

    assert form["values"]["channel"] == "sms"
    assert {"channel", "conversationId"} <= {one["name"] for one in form["fields"] if one["required"]}
    references = {one["text"]: one for one in form["references"]}
    assert references["$(search.conversationId)"]["type"] == "string"
    assert references["$(conversationId)"]["from"] == "variables"
    assert "$(created.outcome)" not in references
    outcomes = {one["name"]: one for one in form["outcomes"]}
    assert (outcomes["onError"]["to"], outcomes["onError"]["default"]) == ("failed", True)
    assert outcomes["onAppendMessageSuccess"]["kind"] == "success"
    assert [one["version"] for one in form["versions"] if one["recommended"]] == ["1.4"]
    assert {one["from"] for one in form["changes"]} == {"1.4"}
    assert studio.form_in("sms-inbound", None, "failed")["end"] == "error"
    assert refused(studio.form, {"text": sms, "node": "nowhere"}).status == 404


def test_versions_say_what_they_have_otherwise(studio: Studio, sms: str) -> None:
    changes = {one["to"]: one for one in studio.form({"text": sms, "node": "append"})["changes"]}

    assert any(
        one["inputs"]["removed"] or one["inputs"]["added"] or one["inputs"]["changed"] for one in changes.values()
    )


def test_a_dry_run_tells_each_step(studio: Studio) -> None:
    done = studio.dry_run({"flow": "sms-inbound", "recording": "sms-inbound.busy"})

    assert done["run"]["path"] == ["read", "search", "append", "appended"]
    assert (done["over"], done["missing"], done["differences"], done["unused"]) == (True, None, [], {})
    search = done["run"]["steps"][1]
    assert search["request"]["method"] == "POST"
    assert search["answer"]["status"] == 200
    assert search["rule"]["outcome"] == "conversationActive"
    assert "$.value.status is active" in search["rule"]["text"]
    assert search["before"].get("conversationId") is None
    assert search["after"]["conversationId"] == "CSR-1001"
    assert len(done["run"]["steps"][2]["attempts"]) == 2


def test_a_dry_run_is_walked_answer_by_answer(studio: Studio, folder: Path) -> None:
    trigger = {
        "sms": {
            "serviceNumber": "+447700900900",
            "senderNumber": "+447700900901",
            "keyword": "Hello",
            "message": "Hello",
        }
    }
    body: dict[str, Any] = {"flow": "sms-inbound", "trigger": trigger, "answers": {}}
    wanted = {"search": "conversationClosed", "reopen": "ConversationReopened", "append": "onAppendMessageSuccess"}
    while (done := studio.dry_run(body))["missing"]:
        missing = done["missing"]
        outcomes = {one["name"]: one for one in missing["outcomes"]}
        assert all(one["answer"] for one in outcomes.values())
        body["answers"].setdefault(missing["node"], []).append(outcomes[wanted[missing["node"]]]["answer"])

    assert done["run"]["path"] == ["read", "search", "reopen", "append", "appended"]
    kept = studio.keep_recording({"flow": "sms-inbound", "name": "sms-inbound-by-hand", "recording": done["recording"]})
    assert (folder / kept["path"]).read_text("utf-8") == kept["text"]
    (found,) = [one for one in studio.recordings("sms-inbound", None)["recordings"] if one["path"] == kept["path"]]
    assert found["status"] == "passed"
    again = studio.dry_run({"flow": "sms-inbound", "recording": "sms-inbound-by-hand"})
    assert again["run"]["path"] == done["run"]["path"]
    assert (
        refused(studio.keep_recording, {"flow": "sms-inbound", "name": "sms-inbound-by-hand", "recording": {}}).status
        == 409
    )


def test_every_example_answer_leads_to_its_outcome(studio: Studio) -> None:
    trigger = {
        "sms": {
            "serviceNumber": "+447700900900",
            "senderNumber": "+447700900901",
            "keyword": "Hello",
            "message": "Hello",
        }
    }
    missing = studio.dry_run({"flow": "sms-inbound", "trigger": trigger})["missing"]

    for one in missing["outcomes"]:
        answers = {"search": [one["answer"]] * 3}
        step = studio.dry_run({"flow": "sms-inbound", "trigger": trigger, "answers": answers, "until": 2})["run"][
            "steps"
        ][1]
        assert step["outcome"] == one["name"]


def test_a_missing_answer_of_a_called_flow_is_offered(studio: Studio) -> None:
    trigger = {"webhook": {"form": "question", "question": "q", "phone": "+447700900123", "submittedAt": "now"}}
    missing = studio.dry_run({"flow": "web-form", "trigger": trigger})["missing"]

    assert missing["node"] == "conversation/search"
    assert missing["request"]["method"] == "POST"
    assert missing["inside"]["flow"] == "find-or-open-conversation"
    assert {one["name"]: one["to"] for one in missing["inside"]["outcomes"]}["found"] == "append"
    wanted = {one["name"]: one["answer"] for one in missing["outcomes"]}["conversationActive"]
    done = studio.dry_run({"flow": "web-form", "trigger": trigger, "answers": {"conversation/search": [wanted]}})
    assert [one["node"] for one in done["run"]["steps"][1]["called"][0]["steps"]] == ["search"]


def test_a_chosen_outcome_comes_of_an_answer_that_a_recording_can_hold(studio: Studio) -> None:
    body = {"flow": "sms-inbound", "recording": "sms-inbound.busy", "choices": {"1": "onError"}}
    done = studio.dry_run(body)

    assert len(done["run"]["steps"][1]["attempts"]) == 3
    assert [one["status"] for one in done["recording"]["responses"]["search"]] == [500] * 3
    assert done["recording"]["expect"]["path"] == ["read", "search", "failed"]
    event = studio.dry_run({"flow": "sms-gather", "recording": "sms-gather.in-three", "choices": {"1": "now"}})
    assert event["recording"]["responses"]["more"] == [{"event": {"label": "now", "body": {}}}]


def test_what_is_computed_says_what_an_outcome_takes(studio: Studio) -> None:
    steps = studio.dry_run({"flow": "sms-inbound", "recording": "sms-inbound.closed-meanwhile"})["run"]["steps"]

    assert [one["choosing"] for one in steps[:4]] == ["override", "answer", "answer", "override"]
    assert steps[0]["takes"] == {"ready": "the script comes to True", "empty": "the script comes to False"}
    assert steps[3]["takes"]["None of the above"] == "not $(searchedAgain) equals false"


def test_a_dry_run_begins_anywhere(studio: Studio) -> None:
    begin = {"node": "append", "outputs": {"search": {"status": "active"}}}
    values = {"conversationId": "CSR-9", "text": "hello", "timestamp": "2026-01-01T00:00:00Z"}
    body = {"flow": "sms-inbound", "recording": "sms-inbound.busy", "variables": values, "from": begin}
    done = studio.dry_run(body)

    assert done["run"]["path"] == ["append", "appended"]
    assert done["run"]["steps"][0]["request"]["target"] == "/conversations/CSR-9/messages"
    assert (done["recording"], done["unused"], done["differences"]) == (None, {}, [])
    assert refused(studio.dry_run, {**body, "from": {"node": "apend"}}).code == "cannot-walk"


def test_a_recording_is_written_over_only_when_that_is_wanted(studio: Studio, folder: Path) -> None:
    made = studio.dry_run({"flow": "sms-inbound", "recording": "sms-inbound.busy"})["recording"]
    body = {"flow": "sms-inbound", "name": "sms-inbound-busy", "recording": {**made, "title": "Anew"}}
    path = folder / "recordings" / "sms-inbound.busy.recording.yaml"
    before = path.read_bytes()

    assert refused(studio.keep_recording, body).status == 409
    assert path.read_bytes() == before
    studio.keep_recording({**body, "replace": True})
    assert "title: Anew" in path.read_text("utf-8")
    path.write_text("flow: other\n", "utf-8")
    assert refused(studio.keep_recording, {**body, "replace": True}).status == 409


def test_a_recording_is_made_for_an_edge_that_none_takes(studio: Studio) -> None:
    def edge() -> dict[str, Any]:
        edges = studio.coverage("sms-inbound", None)["edges"]
        return next(one for one in edges if one["from"] == "search" and "onTimeout" in one["outcomes"])

    assert (edge()["recordings"], edge()["counts"]) == ([], [0])
    made = studio.make_recording({"flow": "sms-inbound", "node": "search", "outcome": "onTimeout"})
    assert edge()["recordings"] == [made["name"]]
    (found,) = [one for one in studio.recordings("sms-inbound", None)["recordings"] if one["name"] == made["name"]]
    assert found["status"] == "passed"
    no_way = refused(studio.make_recording, {"flow": "sms-inbound", "node": "read", "outcome": "onTimeout"})
    assert (no_way.code, "longer than its time" in str(no_way)) == ("no-way", True)


def test_a_recording_of_unknown_nodes_is_listed_as_broken(studio: Studio, folder: Path) -> None:
    busy = (folder / "recordings" / "sms-inbound.busy.recording.yaml").read_text("utf-8")
    text = busy.partition("expect:")[0].replace("sms-inbound-busy", "sms-inbound-odd").replace("  search:", "  nobody:")
    (folder / "recordings" / "sms-inbound.odd.recording.yaml").write_text(text, "utf-8")

    (odd,) = [one for one in studio.recordings("sms-inbound", None)["recordings"] if one["name"] == "sms-inbound-odd"]
    assert odd["status"] == "broken"
    assert "no node 'nobody'" in odd["findings"][0]
    assert studio.coverage("sms-inbound", None)["cases"] == 11


def test_another_outcome_can_be_chosen_at_a_step(studio: Studio) -> None:
    body = {"flow": "sms-inbound", "recording": "sms-inbound.busy", "choices": {"1": "noConversationFound"}}
    done = studio.dry_run(body)

    assert done["run"]["path"][:3] == ["read", "search", "create"]
    assert [one["chosen"] for one in done["run"]["steps"]] == [False, True]
    assert done["missing"]["node"] == "create"
    assert refused(studio.dry_run, {**body, "choices": {"1": "nothing"}}).code == "cannot-walk"


def test_a_dry_run_stops_where_it_is_told_to(studio: Studio) -> None:
    done = studio.dry_run({"flow": "sms-inbound", "recording": "sms-inbound.busy", "until": 2})

    assert (done["at"], done["over"], len(done["run"]["steps"])) == ("append", False, 2)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": "flow: x\nstart: b\nnodes: {a: {end: success}}"}, "invalid-flow"),
        ({"text": "nodes: ["}, "invalid-flow"),
        ({"flow": "sms-inbound", "recording": {"responses": {"nowhere": [{"status": 200}]}}}, "invalid-recording"),
        ({"flow": "sms-inbound", "recording": {"responses": {"search": [{"zap": 1}]}}}, "invalid-recording"),
        ({"flow": "sms-inbound", "trigger": {"email": {}}}, "cannot-walk"),
        ({"flow": "sms-inbound", "recording": "nothing"}, "not-found"),
        ({"flow": "sms-inbound", "variables": {"nothing": 1}}, "invalid-recording"),
        ({}, "invalid"),
    ],
)
def test_what_cannot_be_walked_is_said(studio: Studio, body: dict[str, Any], code: str) -> None:
    assert refused(studio.dry_run, body).code == code


def test_two_versions_are_compared_in_one_picture(studio: Studio, sms: str) -> None:
    left = studio.edit({"text": sms, "operations": [{"op": "add-node", "type": "delay", "id": "old"}], "judge": False})[
        "text"
    ]
    changes = [
        {"op": "set", "node": "search", "path": ["inputs", "channel"], "value": "whatsapp"},
        {"op": "connect", "node": "search", "outcome": "conversationClosed", "to": "append"},
        {"op": "add-end", "end": "success", "id": "fresh"},
    ]
    right = studio.edit({"text": sms, "operations": changes, "judge": False})["text"]

    found = studio.compare({"left": {"text": left}, "right": {"text": right}})

    states = {one["id"]: one["state"] for one in found["nodes"]}
    assert {name: state for name, state in states.items() if state != "same"} == {
        "search": "changed",
        "fresh": "added",
        "old": "removed",
    }
    edges = {(one["from"], one["outcome"], one["to"], one["state"]) for one in found["edges"] if one["state"] != "same"}
    assert ("search", "conversationClosed", "append", "added") in edges
    assert ("search", "conversationClosed", "reopen", "removed") in edges
    assert "search: inputs channel: sms → whatsapp" in {one["text"] for one in found["changes"]}
    at_right = {one["id"]: (one["x"], one["y"]) for one in studio.document({"text": right})["graph"]["nodes"]}
    assert {one["id"]: (one["x"], one["y"]) for one in found["nodes"] if one["id"] != "old"} == at_right


def test_a_flow_is_the_same_as_itself(studio: Studio) -> None:
    found = studio.compare({"left": {"flow": "sms-inbound"}, "right": {"flow": "sms-inbound"}})

    assert found["changes"] == []
    assert {one["state"] for one in (*found["nodes"], *found["edges"])} == {"same"}


@pytest.mark.skipif(GIT is None, reason="git is not there")
def test_older_versions_come_from_git(studio: Studio, folder: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        subprocess.run([str(GIT), *who, "-C", str(folder), *arguments], check=True, capture_output=True)

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "First; `touch pwned` | $(x)")
    path = folder / "sms-inbound.yaml"
    path.write_text(path.read_text("utf-8").replace("title: Inbound SMS", "title: SMS"), "utf-8")

    (commit,) = studio.revisions("sms-inbound", None)["revisions"]
    assert commit["subject"] == "First; `touch pwned` | $(x)"
    side = {"flow": "sms-inbound", "revision": commit["revision"]}
    found = studio.compare({"left": side, "right": {"flow": "sms-inbound"}})
    assert [one["text"] for one in found["changes"]] == ["title: Inbound SMS → SMS"]
    assert studio.project()["git"] is True
    for wrong in ("--help", "HEAD..HEAD", "nothing", "HEAD:sms-inbound.yaml", "-p", "a b", ""):
        side["revision"] = wrong
        assert refused(studio.compare, {"left": side, "right": side}).status in {404, 422}


def test_without_a_repository_or_git_it_is_said_why(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert studio.revisions("sms-inbound", None) == {
        "revisions": [],
        "reason": "there is no git on this machine",
        "clean": False,
    }
    side = {"flow": "sms-inbound", "revision": "HEAD"}
    assert refused(studio.compare, {"left": side, "right": side}).code == "no-git"
    assert studio.project()["git"] is False


def test_recordings_cover_what_they_exercise(studio: Studio) -> None:
    covered = studio.coverage("sms-inbound", None)

    assert covered["shares"]["nodes"]["percent"] == 100.0
    assert covered["nodes"]["search"] > 0
    times = {(one["from"], one["label"]): one["times"] for one in covered["edges"]}
    assert times["search", "conversationActive"] > 0
    assert times["create", "onError"] == 0


def test_recordings_say_how_they_go(studio: Studio, folder: Path) -> None:
    path = folder / "sms-inbound.yaml"
    path.write_text(
        path.read_text("utf-8").replace("conversationActive: append", "conversationActive: create"), "utf-8"
    )
    (folder / "recordings" / "sms-inbound.wrong.recording.yaml").write_text(
        "recording: wrong\nflow: sms-inbound\nzap: 1\n"
    )

    states = {one["name"]: one["status"] for one in studio.recordings("sms-inbound", None)["recordings"]}

    assert states["sms-inbound.wrong"] == "broken"
    assert states["sms-inbound-busy"] == "failed"


def test_the_project_says_what_there_is(studio: Studio) -> None:
    found = studio.project()

    assert [one["name"] for one in found["environments"] if one["default"]] == ["sandbox"]
    assert {"name": "sms-inbound", "path": "triggers/sms-inbound.yaml", "channel": "sms"}.items() <= next(
        one for one in found["triggers"] if one["name"] == "sms-inbound"
    ).items()
    assert {"sms-inbound"} <= {one["flow"] for one in found["recordings"]}


CALLS = """\
flow: calls
start: ask
nodes:
  ask:
    type: call-flow@1.0
    inputs: {flow: called, inputs: {number: "+447700900901"}}
    edges: {Found: wait, onError: failed}
  wait:
    type: receive@1.0
    inputs:
      events:
        reply: {channel: sms, business: "+447700900900", customer: $(ask.who)}
        approved: {event: approved, key: $(ask.who)}
      timeout: 10m
    edges: {reply: done, approved: done, onTimeout: failed, onInvalidData: failed}
  done: {end: success}
  failed: {end: error}
"""
CALLED = """\
flow: called
inputs: {number: {type: string}}
outputs: {who: $(number)}
start: found
nodes:
  found: {end: success, title: Found}
"""


def test_calls_and_waits_are_shown_and_walked(studio: Studio, folder: Path) -> None:
    (folder / "calls.yaml").write_text(CALLS)
    (folder / "called.yaml").write_text(CALLED)

    nodes = {one["id"]: one for one in studio.open("calls", None)["graph"]["nodes"]}
    assert [(nodes[one]["kind"], nodes[one]["flow"]) for one in ("ask", "wait")] == [("call", "called"), ("wait", None)]
    form = studio.form({"text": CALLS, "path": "calls.yaml", "node": "ask"})
    assert {one["name"]: one["to"] for one in form["outcomes"]}["Found"] == "wait"
    references = studio.form({"text": CALLS, "path": "calls.yaml", "node": "wait"})["references"]
    assert "$(ask.who)" in {one["text"] for one in references}

    missing = studio.dry_run({"flow": "calls", "answers": {"ask": [{"outcome": "Found", "outputs": {"who": "x"}}]}})[
        "missing"
    ]
    assert missing["node"] == "wait"
    for one in missing["outcomes"]:
        body = {
            "flow": "calls",
            "answers": {"ask": [{"outcome": "Found", "outputs": {"who": "x"}}], "wait": [one["answer"]]},
        }
        assert studio.dry_run(body)["run"]["steps"][1]["outcome"] == one["name"]


def test_a_picture_comes_before_its_findings(studio: Studio) -> None:
    opened = studio.open("sms-inbound", None, judged=False)

    whole = studio.open("sms-inbound", None)
    assert {**opened, "findings": whole["findings"]} == whole
    assert opened["findings"] is None
    assert studio.findings({"text": opened["text"], "path": opened["path"]}) == {"findings": whole["findings"]}


def test_forms_and_picture_agree_on_where_outcomes_lead(studio: Studio, folder: Path) -> None:
    spelt = (folder / "sms-inbound.yaml").read_text().replace("flow: sms-inbound", "flow: spelt")
    spelt = spelt.replace("noConversationFound: create", "noConversationFound: create\n      onerror: failed")
    (folder / "spelt.yaml").write_text(spelt)
    seen = set()
    for path in sorted(folder.glob("*.yaml")):
        graph = studio.open(path.stem, None)["graph"]
        for node in [one["id"] for one in graph["nodes"] if one["kind"] != "end"]:
            form = studio.form({"text": path.read_text(), "path": path.name, "node": node})
            names = {one["name"] for one in form["outcomes"]}
            edges = [one for one in graph["edges"] if one["from"] == node and not one["default"]]
            own = {(one["outcome"], one["to"]) for one in edges if one["outcome"] in names}
            led = {
                (one["name"], one["to"])
                for one in form["outcomes"]
                if one["to"] is not None and not one["default"] and not one["fallThrough"]
            }
            assert led == own, (path.name, node)
            seen |= {(path.stem, *one) for one in led}
    assert ("spelt", "onError", "failed") in seen
