"""The pages of login and consent: plain HTML without scripts. Every value is escaped on its way in."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from string import Template
from typing import Final

from flowengine.sandbox.oauth.requests import Asker, Wish
from flowengine.sandbox.oauth.scopes import SCOPES
from flowengine.sandbox.oauth.user import LOGIN
from flowengine.sandbox.replies import Reply

TEMPLATES: Final = ("frame.html", "login.html", "consent.html", "problem.html")
_HTML: Final = "text/html; charset=utf-8"


class Html(str):
    """Text that is HTML already, and is not escaped again."""

    __slots__ = ()


class Pages:
    """Fills the templates; ``assets`` has them by name."""

    def __init__(self, assets: Mapping[str, bytes]) -> None:
        self._templates = {name: Template(assets[name].decode()) for name in TEMPLATES}

    def login(self, asker: Asker, form_token: str, *, problem: str = "", status: int = 200) -> Reply:
        """Ask for login and password."""
        note = self._fill("<p class='problem' role='alert'>$problem</p>", problem=problem) if problem else Html()
        return self._page(
            "login.html",
            status,
            asker.origin,
            {"title": "Log in", "client": asker.client.client_id, "form_token": form_token, "problem": note},
        )

    def consent(self, asker: Asker, wish: Wish, form_token: str) -> Reply:
        """Ask whether the client may have what it wants."""
        line = "<li><span>$words</span><code>$scope</code></li>"
        values = {
            "title": "Allow access",
            "client": asker.client.client_id,
            "login": LOGIN,
            "origin": asker.origin,
            "scopes": Html("".join(self._fill(line, words=SCOPES[scope], scope=scope) for scope in wish.scopes)),
            "form_token": form_token,
        }
        return self._page("consent.html", 200, asker.origin, values)

    def problem(self, text: str, status: int = 400) -> Reply:
        """Say what is wrong with the request, where nobody can be told but the person."""
        return self._page("problem.html", status, "", {"title": "This does not work", "problem": text})

    def _page(self, name: str, status: int, origin: str, values: Mapping[str, str]) -> Reply:
        body = self._fill(self._templates[name], **values)
        page = self._fill(self._templates["frame.html"], title=values["title"], body=body)
        return Reply(status, page.encode(), headers_of(origin), _HTML)

    def _fill(self, template: str | Template, **values: str) -> Html:
        if isinstance(template, str):
            template = Template(template)
        safe = {name: value if isinstance(value, Html) else escape(value) for name, value in values.items()}
        return Html(template.substitute(safe))


def headers_of(origin: str = "") -> dict[str, str]:
    """Return the headers of a page whose form may lead to ``origin``.

    A browser holds form-action against the redirect after a form as well, so the client's address has to be in it.
    The referrer policy is not `no-referrer`, because that makes browsers send the form with `Origin: null`.
    """
    form_action = f"'self' {origin}".rstrip()
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'self'; img-src data:; form-action {form_action}; "
            "frame-ancestors 'none'; base-uri 'none'"
        ),
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Pragma": "no-cache",
    }
