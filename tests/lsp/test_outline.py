from __future__ import annotations

from flowengine.lsp.outline import Entry, outline


def by_name(entries: tuple[Entry, ...] | list[Entry]) -> dict[str, Entry]:
    return {one.name: one for one in entries}


def test_nodes_and_variables_are_in_the_outline_with_their_types(flow: str) -> None:
    top = by_name(outline(flow))

    assert list(top) == ["flow", "variables", "defaults", "start", "nodes"]
    assert top["flow"].detail == "greet"
    nodes = by_name(top["nodes"].inside)
    assert (nodes["search"].kind, nodes["search"].detail) == ("node", "search-conversation@1.3")
    assert (nodes["done"].kind, nodes["done"].detail) == ("end", "success")
    assert by_name(top["variables"].inside)["name"].detail == "string"


def test_a_text_that_is_no_yaml_has_an_outline_too(flow: str) -> None:
    top = by_name(outline(flow.replace("title: 👋", 'title: "')))

    assert list(top) == ["flow", "variables", "defaults", "start", "nodes"]
    assert [one.name for one in top["nodes"].inside] == ["search", "greet", "done", "failed"]


def test_names_are_within_their_entries(flow: str) -> None:
    for text in (flow, f"{flow}x:\n", flow.replace("👋", '"')):
        for one in outline(text):
            for entry in (one, *one.inside):
                assert entry.span[:2] <= entry.name_span[:2]
                assert entry.name_span[2:] <= entry.span[2:]


def test_what_is_no_mapping_has_none() -> None:
    assert outline("- a") == []
    assert outline("nodes: []")[0].inside == ()
