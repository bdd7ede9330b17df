from __future__ import annotations

import pytest

from flowengine.sandbox.routes import ROUTES, find


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES)
def test_every_route_is_found(method: str, path: str, operation: str) -> None:
    route = find(method, path.replace("*", "a%2Fb"))

    assert route.operation == operation
    assert set(route.ids) <= {"a/b"}
    assert len(route.ids) == path.count("*")


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in ROUTES])
@pytest.mark.parametrize("change", ["{}/", "/{}", "{}/configs", "{};x", "{}%2F", "{}%00", "{}/.", "{}//"])
def test_nothing_else_is(method: str, path: str, change: str) -> None:
    plain = find(method, path.replace("*", "c-1"))
    changed = find(method, change.format(path.replace("*", "c-1")))

    # `/conversations/.` is the conversation `.`, which does not exist. No change leads to the same thing, or elsewhere.
    assert (changed.operation, changed.ids) != (plain.operation, plain.ids)
    assert changed.area in (plain.area, "page")


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("/api/v1/anything", "api"),
        ("/%61pi/v1/anything", "api"),
        ("/api", "api"),
        ("/admin/anything", "admin"),
        ("/%61dmin/faults", "admin"),
        ("/oauth/other", "oauth"),
        ("/%6fauth/token", "oauth"),
        ("/.well-known/other", "oauth"),
        ("/", "page"),
        ("//api/v1/conversations", "page"),
        ("/page.css/../admin/faults", "page"),
    ],
)
def test_a_path_belongs_to_an_area_by_its_first_segment(path: str, area: str) -> None:
    assert find("GET", path).area == area


def test_a_known_path_says_which_methods_it_takes() -> None:
    assert find("GET", "/api/v1/conversations").allow == ("POST",)
    assert set(find("PUT", "/admin/faults").allow) == {"GET", "POST", "DELETE"}
    assert find("GET", "/nowhere").allow == ()
