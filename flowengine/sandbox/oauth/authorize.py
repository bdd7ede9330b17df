"""The authorize page: login, consent, and back to the client with a code or with what went wrong."""

from __future__ import annotations

from flowengine.sandbox.oauth.clients import Clients
from flowengine.sandbox.oauth.codes import Codes
from flowengine.sandbox.oauth.digests import same
from flowengine.sandbox.oauth.faults import OAuthFault
from flowengine.sandbox.oauth.forms import read_form
from flowengine.sandbox.oauth.grants import Grant
from flowengine.sandbox.oauth.pages import Pages, headers_of
from flowengine.sandbox.oauth.requests import Asker, NoWayBack, Wish, read_asker, read_wish
from flowengine.sandbox.oauth.sessions import Session, Sessions
from flowengine.sandbox.oauth.user import LOGIN, User
from flowengine.sandbox.replies import Reply


class Authorize:
    """Answers ``GET`` and ``POST /oauth/authorize``.

    The request stays in the address: a form goes back to the address of its page, so nothing of it is written into the
    HTML or kept here, and it is read and checked anew at each step.
    """

    def __init__(self, *, clients: Clients, user: User, sessions: Sessions, codes: Codes, pages: Pages) -> None:
        self._clients = clients
        self._user = user
        self._sessions = sessions
        self._codes = codes
        self._pages = pages
        self._issuer = ""
        self._cookie = ""

    def listens_on(self, issuer: str, port: int) -> None:
        """Learn the own address. Cookies know no ports, so the port is in the name."""
        self._issuer = issuer
        self._cookie = f"sandbox-session-{port}"

    def answer(self, query: str, cookies: str, form: bytes | None) -> Reply:
        """Answer a call; ``form`` is None where it is a GET."""
        try:
            asker, fields = read_asker(query, self._clients)
        except NoWayBack as problem:
            return self._pages.problem(str(problem))
        try:
            wish = read_wish(fields)
        except OAuthFault as fault:
            return self._back(asker, error=fault.error, error_description=fault.description)
        session = self._sessions.find(cookies, self._cookie)
        if form is None:
            return self._show(asker, wish, session)
        return self._take(asker, wish, session, form)

    def _show(self, asker: Asker, wish: Wish, session: Session | None) -> Reply:
        if session is not None and session.login is not None:
            return self._pages.consent(asker, wish, session.form_token)
        if session is not None:
            return self._pages.login(asker, session.form_token)
        return self._begin(asker)

    def _begin(self, asker: Asker, problem: str = "", status: int = 200) -> Reply:
        value, session = self._sessions.begin()
        return self._with_cookie(self._pages.login(asker, session.form_token, problem=problem, status=status), value)

    def _take(self, asker: Asker, wish: Wish, session: Session | None, form: bytes) -> Reply:
        try:
            given = read_form(form)
        except OAuthFault as fault:
            return self._pages.problem(f"{fault.description}.")
        if session is None or not same(given.get("form_token", ""), session.form_token):
            return self._begin(asker, "The page was too old, or not ours. Please log in again.", 403)
        if given.get("decision") == "deny":
            return self._back(asker, error="access_denied", error_description="The user said no")
        if session.login is None:
            return self._log_in(asker, wish, session, given)
        if given.get("decision") == "allow":
            grant = Grant(asker.client.client_id, session.login, wish.scopes)
            return self._back(asker, code=self._codes.issue(grant, asker.redirect_uri, wish.challenge))
        return self._show(asker, wish, session)

    def _log_in(self, asker: Asker, wish: Wish, session: Session, given: dict[str, str]) -> Reply:
        blocked = self._user.seconds_blocked()
        if not blocked and self._user.check(given.get("login", ""), given.get("password", "")):
            there = Reply(303, headers={**headers_of(), "Location": f"/oauth/authorize?{wish.query}"})
            return self._with_cookie(there, self._sessions.log_in(session, LOGIN))
        if blocked:
            problem = f"Too many wrong passwords. Try again in {blocked} seconds."
            page = self._pages.login(asker, session.form_token, problem=problem, status=429)
            return page._replace(headers={**page.headers, "Retry-After": str(blocked)})
        # One sentence for both, so that it does not tell which logins exist.
        problem = "Login and password do not belong together."
        return self._pages.login(asker, session.form_token, problem=problem, status=403)

    def _back(self, asker: Asker, **answer: str) -> Reply:
        # 303, because 307 would send the form, and with it the password, on to the client.
        return Reply(303, headers={**headers_of(), "Location": asker.address(self._issuer, **answer)})

    def _with_cookie(self, reply: Reply, value: str) -> Reply:
        # Without Secure, because there is no TLS on loopback; its path keeps it from the client's own loopback server.
        cookie = f"{self._cookie}={value}; Path=/oauth; HttpOnly; SameSite=Lax"
        return reply._replace(headers={**reply.headers, "Set-Cookie": cookie})
