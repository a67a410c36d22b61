"""Who may look, and who may train and change. Pure: the result depends only on the configuration and the user.

Denied by default: settings that cannot be read, or that would let a stranger sign in as another user, allow nothing.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from cache.core.settings import ALLOW, PUBLIC, TRUST_EMAIL, YES, Setting

FORWARDED = {
    *("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-server"),
    *("x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"),
}
"""Headers that proxies add."""
ENTRY = re.compile(r"[^\s@,]*@[^\s@,]+")
MIN_SECRET = 32
NEW_SECRET = 'python -c "import secrets; print(secrets.token_hex(32))"'
NO_CHANGE = "you can look at everything, but not train or change anything"


@dataclass(frozen=True)
class AuthConfig:
    """The configuration of sign-in.

    ``allow`` contains addresses and, starting with @, whole domains. With ``public``, visitors may look without signing
    in. With ``trust_email``, an address counts as verified if the provider does not say whether it is. ``problem`` is a
    sentence if the configuration cannot be used safely.
    """

    sign_in: bool = False
    providers: tuple[str, ...] = ()
    allow: frozenset[str] = frozenset()
    public: bool = False
    trust_email: bool = False
    problem: str | None = None

    @classmethod
    def read(cls, secrets: Mapping[str, Any] | None, environment: Mapping[str, str]) -> Self:
        """Read the configuration.

        Args:
            secrets: Streamlit's secrets; None if there are some that cannot be read.
            environment: The environment variables.
        """
        if secrets is None:
            return cls(sign_in=True, problem="The file with this server's secrets cannot be read; the log says why.")
        auth, own = secrets.get("auth"), secrets.get("unroll")
        own = own if isinstance(own, Mapping) else {}
        listed = own.get("allow", ())
        allow = [
            *environment.get(ALLOW.variable, "").split(","),
            *(listed if isinstance(listed, list | tuple) else [listed]),
        ]
        allow = [each for each in (str(each).strip().lower() for each in allow) if each]

        def is_set(setting: Setting, name: str) -> bool:
            return environment.get(setting.variable, "").strip().lower() in YES or own.get(name) is True

        return cls(
            sign_in="auth" in secrets,
            providers=_providers(auth) if isinstance(auth, Mapping) else (),
            allow=frozenset(allow),
            public=is_set(PUBLIC, "public"),
            trust_email=is_set(TRUST_EMAIL, "trust_email"),
            problem=_problem("auth" in secrets, auth if isinstance(auth, Mapping) else {}, allow),
        )


def _providers(auth: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the sign-in providers; "default" is the one without a name."""
    named = [name for name, value in auth.items() if isinstance(value, Mapping) and name != "client_kwargs"]
    return (*(["default"] if "client_id" in auth else []), *(name for name in named if name != "default"))


def _problem(sign_in: bool, auth: Mapping[str, Any], allow: Iterable[str]) -> str | None:
    if sign_in and len(str(auth.get("cookie_secret", ""))) < MIN_SECRET:
        return (
            f"cookie_secret in [auth] of the secrets is shorter than {MIN_SECRET} characters, so sign-ins could be "
            f"forged: make a new one by {NEW_SECRET}, and restart the server."
        )
    if allow and not sign_in:
        return f"There is a list of who may train and delete ({ALLOW}), but nobody can sign in: [auth] is not set up."
    if wrong := [each for each in allow if not ENTRY.fullmatch(each)]:
        return f"“{wrong[0][:100]}” in {ALLOW} is neither an address nor a domain such as @example.org."
    return None


@dataclass(frozen=True)
class User:
    """The visitor, as the provider describes them. ``is_verified`` is None if it says nothing about the address."""

    signed_in: bool = False
    email: str = ""
    is_verified: bool | None = None

    @classmethod
    def read(cls, claims: Mapping[str, Any]) -> Self:
        email, verified = claims.get("email"), claims.get("email_verified")
        return cls(
            signed_in=claims.get("is_logged_in") is True,
            email=email if isinstance(email, str) else "",
            is_verified=None if verified is None else verified in (True, "true"),
        )


@dataclass(frozen=True)
class Permissions:
    """What a user may do. ``read_only_reason`` is the message of every refused change; None for users who may change
    things.
    """

    may_look: bool
    read_only_reason: str | None


def permissions_of(config: AuthConfig, user: User) -> Permissions:
    may_look = config.public or not config.sign_in
    if config.problem:
        return Permissions(may_look, f"{config.problem} Until this is fixed, {NO_CHANGE}.")
    if not config.sign_in:
        return Permissions(True, None)
    if not user.signed_in:
        return Permissions(may_look, f"You have not signed in: {NO_CHANGE}.")
    if not config.allow:
        return Permissions(True, f"The list of people who may train and delete here ({ALLOW}) is empty: {NO_CHANGE}.")
    if not user.email:
        return Permissions(True, f"Your sign-in has no e-mail address, so you are not on the list: {NO_CHANGE}.")
    if not (user.is_verified or (user.is_verified is None and config.trust_email)):
        return Permissions(True, f"Your sign-in does not say that {user.email} is verified: {NO_CHANGE}.")
    if not is_listed(user.email, config.allow):
        return Permissions(
            True, f"{user.email} is not on the list of people who may train and delete here: {NO_CHANGE}."
        )
    return Permissions(True, None)


def is_listed(email: str, allow: Iterable[str]) -> bool:
    """Whether an address is on the list. Addresses with letters that only look like ASCII ones are on no list."""
    name, _, domain = email.lower().rpartition("@")
    if not email.isascii() or not name or not ENTRY.fullmatch(f"{name}@{domain}"):
        return False
    return bool({f"{name}@{domain}", f"@{domain}"} & set(allow))


def is_local(address: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a visitor uses this machine.

    A proxy on this machine also connects from here, so the headers that it adds and the hosts that it names count, too.

    Args:
        address: The address of the connection; None for this machine.
        headers: The headers of the request.
    """
    if (address is not None and is_reachable(address)) or {name.lower() for name in headers} & FORWARDED:
        return False
    return not any(is_reachable(_host(value)) for name, value in headers.items() if name.lower() in ("host", "origin"))


def _host(value: str) -> str:
    """The host of a Host or an Origin header; empty if it contains none."""
    try:
        return urlsplit(value if "://" in value else f"//{value}").hostname or ""
    except ValueError:
        return ""


def is_reachable(address: str | None) -> bool:
    """Whether a server at this address can be reached from other machines; without one Streamlit listens to all."""
    if address in ("localhost", "ip6-localhost"):
        return False
    try:
        return not ipaddress.ip_address((address or "").strip("[]")).is_loopback
    except ValueError:
        return True
