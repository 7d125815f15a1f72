import json
import threading
import time
import uuid
from urllib.parse import quote_plus

import boto3
import jwt
import requests

MARGIN_S = 60  # renew a token this long before it expires


def read_secret(secret_arn):
    answer = boto3.client("secretsmanager").get_secret_value(SecretId=secret_arn)
    return json.loads(answer["SecretString"])


class DocumentsToken:
    """Gets access tokens and caches them. Create one per secret and share it between threads:
    DocumentsToken(lambda: read_secret(arn))"""

    def __init__(self, read_secret, client_secret_in="body"):
        self._read_secret = read_secret
        self._client_secret_in = client_secret_in  # or "header"
        self._lock = threading.Lock()
        self._secret = None
        self._token = None
        self._renew_at = 0.0

    def get(self):
        """Returns the cached token, or a new one. Callers at the same time share one request."""
        with self._lock:
            if self._token is None or time.time() >= self._renew_at:
                self._renew()
            return self._token

    def drop(self, token):
        """Forgets a token that the Documents API answered with 401."""
        with self._lock:
            if self._token == token:
                self._token = None

    def _renew(self):
        asked_at = time.time()
        if self._secret is None:
            self._secret = self._read_secret()
        answer = self._request(self._secret)
        if answer.get("error") == "invalid_client":
            # A rotation has ended this credential: read the secret again, once.
            self._secret = self._read_secret()
            answer = self._request(self._secret)
        if "access_token" not in answer:
            raise RuntimeError(f"No token for {self._secret['client_id']}: {answer.get('error')}")
        self._token = answer["access_token"]
        self._renew_at = asked_at + answer.get("expires_in", 0) - MARGIN_S

    def _request(self, secret):
        form = {"grant_type": "client_credentials", "scope": " ".join(secret["scopes"])}
        basic = None
        if secret["auth_method"] != "CLIENT_SECRET":
            form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            form["client_assertion"] = sign_assertion(secret)
        elif self._client_secret_in == "body":
            form["client_id"] = secret["client_id"]
            form["client_secret"] = secret["client_secret"]
        else:  # requests does not percent-encode the two parts
            basic = (quote_plus(secret["client_id"]), quote_plus(secret["client_secret"]))
        response = requests.post(secret["token_url"], data=form, auth=basic, timeout=10, allow_redirects=False)
        try:
            return response.json()
        except requests.JSONDecodeError:
            return {"error": f"HTTP {response.status_code}"}


def sign_assertion(secret):
    now = int(time.time())
    claims = {
        "iss": secret["client_id"],
        "sub": secret["client_id"],
        "aud": secret["token_url"],
        "iat": now,
        "exp": now + 300,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, secret["private_key"], secret["alg"], headers={"kid": secret["key_id"]})
