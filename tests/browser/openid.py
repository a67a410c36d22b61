"""A provider of OpenID Connect as small as one can be: it asks who you are and believes it.

Source: OpenID Connect Core 1.0, https://openid.net/specs/openid-connect-core-1_0.html; RFC 7636 for the challenge.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "unroll", "a secret between these two"


class Provider:
    """``people`` gives the claims about each by a name to click on. ``refused`` counts requests that were wrong."""

    def __init__(self, people: Mapping[str, Mapping[str, object]]) -> None:
        self.people = people
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.asked: dict[str, dict[str, str]] = {}
        self.refused = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
                match urlsplit(self.path).path:
                    case "/.well-known/openid-configuration":
                        self.say(provider.metadata())
                    case "/jwks":
                        self.say({"keys": [provider.key.as_dict(private=False)]})
                    case "/authorize":
                        links = (
                            f'<p><a href="/choose?{escape(urlencode(query | {"who": who}))}">{escape(who)}</a></p>'
                            for who in provider.people
                        )
                        self.say("<h1>Who are you?</h1>" + "".join(links), "text/html")
                    case "/choose":
                        self.send_response(302)
                        self.send_header("Location", provider.choose(query))
                        self.end_headers()
                    case _:
                        self.send_error(404)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                asked = {key: values[0] for key, values in parse_qs(body).items()}
                if (tokens := provider.tokens(asked, self.headers.get("Authorization", ""))) is None:
                    provider.refused += 1
                    self.send_error(400)
                else:
                    self.say(tokens)

            def say(self, what: object, kind: str = "application/json") -> None:
                contents = (what if isinstance(what, str) else json.dumps(what)).encode()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(contents)))
                self.end_headers()
                self.wfile.write(contents)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def choose(self, query: dict[str, str]) -> str:
        """Where the browser goes back to, with a code that is good for one token."""
        code = secrets.token_urlsafe()
        self.asked[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def tokens(self, asked: dict[str, str], authorization: str) -> dict[str, object] | None:
        """None unless it is our client that asks, with a code that it was given for what it began itself."""
        expected = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        query = self.asked.pop(asked.get("code", ""), None)
        if query is None or authorization != expected or asked["redirect_uri"] != query["redirect_uri"]:
            return None
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != query["code_challenge"]:
            return None
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "sub": query["who"], "iat": now, "exp": now + 600}
        claims |= {"nonce": query["nonce"], **self.people[query["who"]]}
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)
        return {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "expires_in": 600, "id_token": token}
