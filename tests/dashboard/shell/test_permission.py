import pytest

from dashboard.shell.permission import AuthConfig, User, is_listed, is_local, is_reachable, permissions_of

SECRET = "0123456789abcdef" * 2
AUTH = {"redirect_uri": "http://localhost:8501/oauth2callback", "cookie_secret": SECRET, "client_id": "unroll"}
ADA = {"is_logged_in": True, "email": "ada@example.org", "email_verified": True}
ALLOWED = {"UNROLL_ALLOW": "ada@example.org, @school.example"}


SIGN_IN = {"auth": AUTH}


def asked(claims, secrets=SIGN_IN, environment=ALLOWED):
    """(may look, the sentence with which changes are refused or None)"""
    found = permissions_of(AuthConfig.read(secrets, environment), User.read(claims))
    return found.may_look, found.read_only_reason


def test_where_nothing_is_set_up_everybody_may_do_everything():
    assert asked({}, {}, {}) == (True, None)
    assert asked({"email": "test@example.com"}, {"unroll": {}}, {}) == (True, None)


def test_who_is_on_the_list_may_train_and_delete():
    assert asked(ADA) == (True, None)
    assert asked(ADA | {"email": "Bob@School.Example"}) == (True, None)
    assert asked(ADA, {"auth": AUTH, "unroll": {"allow": ["ada@example.org"]}}, {}) == (True, None)
    assert asked(ADA, {"auth": AUTH, "unroll": {"allow": "@example.org"}}, {}) == (True, None)


def test_who_has_not_signed_in_is_asked_to():
    for claims in ({}, {"is_logged_in": False}, {"is_logged_in": "yes", "email": "ada@example.org"}):
        may_look, read_only_reason = asked(claims)
        assert not may_look and read_only_reason.startswith("You have not signed in:")


def test_where_it_is_public_everybody_may_look():
    for secrets, more in (({"auth": AUTH, "unroll": {"public": True}}, {}), ({"auth": AUTH}, {"UNROLL_PUBLIC": "1"})):
        may_look, read_only_reason = asked({}, secrets, ALLOWED | more)
        assert may_look and read_only_reason.startswith("You have not signed in:")
        assert asked(ADA, secrets, ALLOWED | more) == (True, None)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"email": "eve@example.org"}, "eve@example.org is not on the list"),
        ({"email": ""}, "has no e-mail address"),
        ({"email": None}, "has no e-mail address"),
        ({"email": ["ada@example.org"]}, "has no e-mail address"),
        ({"email_verified": False}, "does not say that ada@example.org is verified"),
        ({"email_verified": "false"}, "does not say that ada@example.org is verified"),
        ({"email_verified": None}, "does not say that ada@example.org is verified"),
    ],
)
def test_others_who_have_signed_in_may_look(claims, expected):
    may_look, read_only_reason = asked(ADA | claims)
    assert (
        may_look
        and expected in read_only_reason
        and read_only_reason.endswith("you can look at everything, but not train or change anything.")
    )


def test_a_provider_that_says_nothing_of_addresses_is_believed_only_if_configured():
    claims = {"is_logged_in": True, "email": "ada@example.org"}
    assert asked(claims)[1] is not None
    assert asked(claims, environment=ALLOWED | {"UNROLL_TRUST_EMAIL": "1"}) == (True, None)
    denied = claims | {"email_verified": False}
    assert asked(denied, environment=ALLOWED | {"UNROLL_TRUST_EMAIL": "1"})[1] is not None
    assert asked(ADA | {"email_verified": "true"}) == (True, None)


def test_an_empty_list_lets_no_one_change_anything():
    assert "(UNROLL_ALLOW) is empty" in asked(ADA, environment={})[1]
    assert "(UNROLL_ALLOW) is empty" in asked(ADA, environment={"UNROLL_ALLOW": " , "})[1]


def test_a_list_without_sign_in_closes():
    may_look, read_only_reason = asked({}, {}, ALLOWED)
    assert may_look and "nobody can sign in: [auth] is not set up" in read_only_reason


def test_secrets_that_cannot_be_read_close():
    assert asked(ADA, None) == asked({}, None)
    may_look, read_only_reason = asked(ADA, None)
    assert not may_look and "cannot be read" in read_only_reason


@pytest.mark.parametrize("secret", ["", "xxx", SECRET[:-1]])
def test_a_cookie_secret_that_can_be_guessed_closes(secret):
    may_look, read_only_reason = asked(ADA, {"auth": AUTH | {"cookie_secret": secret}})
    assert not may_look and "sign-ins could be forged" in read_only_reason


@pytest.mark.parametrize("auth", [{}, "yes", None])
def test_a_sign_in_that_is_set_up_by_halves_closes(auth):
    may_look, read_only_reason = asked(ADA, {"auth": auth})
    assert not may_look and read_only_reason


@pytest.mark.parametrize("entry", ["example.org", "*", "*@", "ada@", "a@b@c", "ada@example.org bob@example.org"])
def test_an_entry_that_is_no_address_closes(entry):
    assert "is neither an address nor a domain" in asked(ADA, environment={"UNROLL_ALLOW": entry})[1]
    assert asked(ADA, {"auth": AUTH, "unroll": {"allow": 5}}, {})[1] is not None


@pytest.mark.parametrize(
    "email",
    [
        "ada@example.org.evil.example",
        "ada@sub.example.org",
        "eve@evil.example@school.example",
        '"eve@evil.example"@school.example',
        "@school.example",
        "ada@example.org\n",
        " ada@example.org",
        "ad\u0430@example.org",  # a Cyrillic letter
        "ada@school.\u212aexample",  # the sign of Kelvin, a k in lower case
        "ada@example.org,bob@school.example",
    ],
)
def test_what_only_looks_like_a_listed_address_is_not_listed(email):
    assert not is_listed(email, {"ada@example.org", "@school.example", "@school.kexample", "@example.org.example"})
    assert not is_listed(email, {"ada@example.org", "@school.example", "@school.kexample"})


def test_providers_are_distinguished():
    named = AUTH | {"google": {"client_id": "g"}, "microsoft": {"client_id": "m"}, "client_kwargs": {"prompt": "login"}}
    assert AuthConfig.read({"auth": named}, {}).providers == ("default", "google", "microsoft")
    del named["client_id"]
    assert AuthConfig.read({"auth": named}, {}).providers == ("google", "microsoft")


@pytest.mark.parametrize(
    ("address", "reachable"),
    [
        *((address, False) for address in ("127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8")),
        *((address, True) for address in (None, "", "0.0.0.0", "::", "192.168.1.7", "unroll.example")),
    ],
)
def test_who_can_reach_a_server(address, reachable):
    assert is_reachable(address) == reachable


HERE = {"Host": "localhost:8501", "Origin": "http://localhost:8501"}


@pytest.mark.parametrize(
    ("address", "headers", "local"),
    [
        (None, {}, True),
        (None, HERE, True),
        ("127.0.0.1", {"host": "127.0.0.1:8501", "origin": "http://[::1]:8501"}, True),
        ("192.168.1.7", HERE, False),
        ("not an address", HERE, False),
        # A proxy on this machine: by what it adds, or by the name that the visitor's browser asked for.
        (None, HERE | {"X-Forwarded-For": "203.0.113.9"}, False),
        (None, HERE | {"forwarded": "for=203.0.113.9"}, False),
        (None, HERE | {"X-Real-IP": "127.0.0.1"}, False),
        (None, HERE | {"Via": ""}, False),
        (None, HERE | {"Origin": "https://unroll.example"}, False),
        (None, HERE | {"Host": "unroll.example"}, False),
        (None, HERE | {"Origin": "null"}, False),
        (None, HERE | {"Origin": "http://[broken"}, False),
    ],
)
def test_who_sits_at_the_machine(address, headers, local):
    assert is_local(address, headers) == local
