from __future__ import annotations

from collections.abc import Callable

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.lsp.hover import hover
from flowengine.lsp.positions import Point

At = Callable[[str], tuple[str, Point]]


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("type: sea|>rch-conversation@1.3", "Looks for the customer's conversation"),
        ("chan|>nel: sms", "The channel the customer wrote on."),
        ("businessNum|>ber: $", "text; required when channel is sms"),
        ("conversation|>Active: greet", "**conversationActive**: success"),
        ("{onErr|>or: failed, onTimeout", "**onError**: error"),
        ("$(search.conver|>sationId)}", "**conversationId**: text"),
        ("$(sear|>ch.conversationId)}", "Output of **search**: search-conversation@1.3"),
        ("$(na|>me)", "**name**: variable, text"),
        ("$(trigger.sms.ser|>viceNumber)", "The event that started the run."),
        ("con|>versationActive: greet", "The conversation"),
        ("conversationActive: gre|>et", "**greet**: set-variables@1.0"),
        ("onSuccess: do|>ne", "**done**: ends with success"),
        ('gree|>ting: ""', '**greeting**: variable, any value\n\nDefault: `""`'),
        ("authoriz|>ation: engage", "Name of a stored authorization; never the credential itself."),
        ("va|>lues: {greet", "What is written, by variable."),
    ],
)
def test_what_stands_there_is_explained(flow: str, at: At, catalogue: Catalogue, mark: str, said: str) -> None:
    assert said in hover(*at(flow.replace(mark.replace("|>", ""), mark, 1)), catalogue)


@pytest.mark.parametrize("mark", ["title: 👋 Kn|>own?", "Hel|>lo", "channel: s|>ms", "edges:|>\n"])
def test_where_there_is_nothing_to_say_nothing_is_said(flow: str, at: At, catalogue: Catalogue, mark: str) -> None:
    assert hover(*at(flow.replace(mark.replace("|>", ""), mark, 1)), catalogue) == ""


def test_a_text_that_is_no_yaml_is_explained_too(flow: str, at: At, catalogue: Catalogue) -> None:
    broken = flow.replace("title: 👋 Known?", 'title: "').replace("onSuccess: done", "onSucc|>ess: done")

    assert "**onSuccess**: success" in hover(*at(broken), catalogue)


def test_another_spelling_of_an_output_is_explained(flow: str, at: At, catalogue: Catalogue) -> None:
    node = "  append:\n    type: append-message@1.4\n    set: {name: $(append.trans|>Id)}\n"

    assert "**TransId**" in hover(*at(flow + node), catalogue)
