"""Results that come later, from the request that asks for them to the run that gets them: over HTTP, on the sandbox."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import flowengine
from flowengine.core.trace import Run

CONVERSATION = """
flow: case
defaults: {authorization: engage, timeout: 20s, edges: {onInvalidChoice: failed}}
start: update
nodes:
  update:
    type: update-conversation@1.0
    inputs: {conversationId: CSR-DEMO-QUEUED, taskId: task-1}
    edges: {onConversationUpdatedSuccess: remove, Success: failed}
  remove:
    type: remove-participant@1.0
    inputs: {conversationId: CSR-DEMO-QUEUED, participant: nobody}
    edges: {onRemoveParticipantFailure: close}
  close:
    type: close-conversation@1.0
    inputs: {conversationId: CSR-DEMO-QUEUED}
    edges: {onConversationClosed: done}
  done: {end: success}
  failed: {end: error}
"""


def walked(folder: Path, callback: str) -> Run:
    (folder / "flow.yaml").write_text(CONVERSATION, "utf-8")
    (folder / "flowengine.yaml").write_text(
        f"default: here\nenvironments: {{here: {{integrations: {{webex-engage: {{baseUrl: sandbox{callback}}}}}}}}}\n",
        "utf-8",
    )
    return asyncio.run(flowengine.run(folder / "flow.yaml", journal=True))


def statuses(run: Run) -> list[list[str]]:
    """Return what came of each visit: the state that the service told at once, and the event it posted."""
    found: dict[str, list[str]] = {}
    for entry in run.entries:
        answer = getattr(entry, "answer", None)
        if answer is not None:
            said = answer.body["status"] if hasattr(answer, "status") else answer.name
            found.setdefault(entry.node, []).append(said)
    return list(found.values())


def test_results_come_later_where_this_process_listens(tmp_path: Path) -> None:
    run = walked(tmp_path, ", callback: {url: local, unsigned: true}")

    assert run.path == ["update", "remove", "close", "done"], run.reason
    assert statuses(run) == [
        ["accepted", "conversation:updated"],
        ["accepted", "conversation:error"],
        ["accepted", "conversation:closed"],
    ]
    assert run.steps[1].reason == "Participant nobody is not in conversation CSR-DEMO-QUEUED"
    assert all(step.outputs["TransId"] for step in run.steps)


@pytest.mark.parametrize("callback", ["", ', callback: {url: "https://flows.example.com/callbacks", unsigned: true}'])
def test_nobody_is_asked_to_post_to_somebody_else(callback: str, tmp_path: Path) -> None:
    run = walked(tmp_path, callback)

    assert run.path == ["update", "remove", "close", "done"], run.reason
    assert statuses(run) == [["success"], ["failed"], ["success"]]


def test_a_kept_run_is_told_where_the_environment_says(tmp_path: Path) -> None:
    walked(tmp_path, ', callback: {url: "https://flows.example.com/callbacks", unsigned: true}')

    async def addresses() -> list[str | None]:
        found = []
        for kept in (True, False):
            async with flowengine.connect(near=tmp_path, kept=kept) as effects:
                found += [effects.callback("webex-engage"), effects.callback("crm"), effects.callback(None)]
        return found

    assert asyncio.run(addresses()) == ["https://flows.example.com/callbacks", None, None, None, None, None]
