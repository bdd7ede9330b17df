"""The authorization server: its endpoints, and what a tester may do to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from flowengine.core.answers import Json
from flowengine.sandbox.engage import Clock
from flowengine.sandbox.oauth.authorize import Authorize
from flowengine.sandbox.oauth.clients import GRANT_TYPES, METHODS, PUBLIC, Client, Clients
from flowengine.sandbox.oauth.codes import Codes
from flowengine.sandbox.oauth.faults import NO_STORE, OAuthFault
from flowengine.sandbox.oauth.forms import read_form, required
from flowengine.sandbox.oauth.grants import Grant
from flowengine.sandbox.oauth.pages import Pages
from flowengine.sandbox.oauth.scopes import SCOPES, read_scopes
from flowengine.sandbox.oauth.sessions import Sessions
from flowengine.sandbox.oauth.tokens import LIFETIME, Tokens
from flowengine.sandbox.oauth.user import LOGIN, User
from flowengine.sandbox.replies import Reply, json_reply

AUTHORIZE: Final = "/oauth/authorize"
TOKEN: Final = "/oauth/token"  # noqa: S105 - a path
REVOKE: Final = "/oauth/revoke"
METADATA: Final = "/.well-known/oauth-authorization-server"


class Authority:
    """Clients, the user, sessions, codes and tokens. ``lifetime`` is an access token's, in seconds."""

    def __init__(
        self,
        *,
        clock: Clock,
        new_secret: Callable[[], str],
        assets: Mapping[str, bytes],
        lifetime: int = LIFETIME,
    ) -> None:
        self._clock = clock
        self._issuer = ""
        self._own = ""
        self._changed_at: datetime | None = None
        self._changes = 0
        self.clients = Clients(new_secret)
        self.user = User(clock=clock, new_secret=new_secret)
        self.tokens = Tokens(clock=clock, new_secret=new_secret, lifetime=lifetime)
        self._sessions = Sessions(clock=clock, new_secret=new_secret)
        self._codes = Codes(clock=clock, new_secret=new_secret)
        self._authorize = Authorize(
            clients=self.clients, user=self.user, sessions=self._sessions, codes=self._codes, pages=Pages(assets)
        )
        self._grants: Final[dict[str, Callable[[Client, dict[str, str]], dict[str, Json]]]] = {
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh,
            "client_credentials": self._by_credentials,
        }

    def listens_on(self, issuer: str, port: int) -> None:
        """Learn the own address."""
        self._issuer = issuer
        self._authorize.listens_on(issuer, port)

    @property
    def own(self) -> str:
        """A token that is valid now, for whoever runs in the sandbox's own process."""
        if self.tokens.scopes_of(self._own) is None:
            grant = Grant(self.clients.confidential.client_id, None, tuple(SCOPES))
            self._own = self.tokens.issue(grant, with_refresh=False)["access_token"]
        return self._own

    def authorize(self, query: str, cookies: str, form: bytes | None) -> Reply:
        """Answer the authorize page; ``form`` is None where it is a GET."""
        return self._authorize.answer(query, cookies, form)

    def token(self, form: bytes, authorization: str) -> Reply:
        """Answer ``POST /oauth/token`` (RFC 6749, 3.2)."""
        try:
            return json_reply(200, self._grant(read_form(form), authorization), NO_STORE)
        except OAuthFault as fault:
            return fault.reply()

    def revoke(self, form: bytes, authorization: str) -> Reply:
        """Answer ``POST /oauth/revoke`` (RFC 7009). A token that is not known is revoked already."""
        try:
            fields = read_form(form)
            client = self.clients.authenticate(fields, authorization)
            self.tokens.revoke(required(fields, "token"), client.client_id)
        except OAuthFault as fault:
            return fault.reply()
        return Reply(200, headers=NO_STORE)

    def metadata(self) -> Reply:
        """Tell what there is (RFC 8414)."""
        return json_reply(
            200,
            {
                "issuer": self._issuer,
                "authorization_endpoint": self._issuer + AUTHORIZE,
                "token_endpoint": self._issuer + TOKEN,
                "revocation_endpoint": self._issuer + REVOKE,
                "scopes_supported": list(SCOPES),
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": GRANT_TYPES,
                "token_endpoint_auth_methods_supported": METHODS,
                "revocation_endpoint_auth_methods_supported": METHODS,
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            },
        )

    def change_credentials(self) -> None:
        """Change password and client secret; everything that was issued ends, and everybody is logged out."""
        self.user.change_password()
        self.clients.change_secret()
        self._sessions.end_all()
        self.revoke_all()
        self._changes += 1
        self._changed_at = self._clock()

    def revoke_all(self) -> int:
        """Withdraw every permission, as a user does in their account's settings; return how many were in use."""
        ended = self.tokens.end_all()
        self._codes.end_all()
        return ended

    def state(self) -> dict[str, Json]:
        """Tell what a tester needs: the credentials, how often they changed, and what is issued."""
        confidential = self.clients.confidential
        changed_at = self._changed_at and self._changed_at.isoformat(timespec="seconds").replace("+00:00", "Z")
        return {
            "login": LOGIN,
            "password": self.user.password,
            "publicClientId": PUBLIC,
            "clientId": confidential.client_id,
            "clientSecret": confidential.secret,
            "changes": self._changes,
            "changedAt": changed_at,
            "tokenLifetime": self.tokens.lifetime,
            "tokens": self.tokens.counts(),
        }

    def _grant(self, fields: dict[str, str], authorization: str) -> dict[str, Json]:
        grant_type = required(fields, "grant_type")
        if grant_type not in self._grants:
            raise OAuthFault("unsupported_grant_type", f"grant_type may be {', '.join(self._grants)}")
        client = self.clients.authenticate(fields, authorization)
        if grant_type not in client.grant_types:
            raise OAuthFault("unauthorized_client", "A public client cannot act for itself")
        return self._grants[grant_type](client, fields)

    def _by_code(self, client: Client, fields: dict[str, str]) -> dict[str, Json]:
        names = ("code", "redirect_uri", "code_verifier")
        code, redirect_uri, verifier = (required(fields, name) for name in names)
        grant = self._codes.redeem(code, client.client_id, redirect_uri, verifier)
        return self.tokens.issue(grant, with_refresh=True)

    def _by_refresh(self, client: Client, fields: dict[str, str]) -> dict[str, Json]:
        return self.tokens.refresh(required(fields, "refresh_token"), client.client_id, fields.get("scope"))

    def _by_credentials(self, client: Client, fields: dict[str, str]) -> dict[str, Json]:
        scopes = read_scopes(fields.get("scope"), SCOPES)
        return self.tokens.issue(Grant(client.client_id, None, scopes), with_refresh=False)
