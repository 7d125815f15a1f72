"""Serves moto's stand-ins for AWS on a loopback port, prints the port, and ends when its standard input does.

Arguments, both optional: the port (0: a free one), and a file that keeps the secrets of Secrets Manager over a restart.
"""

import os
import pickle
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.secretsmanager.models import secretsmanager_backends
from werkzeug.serving import WSGIRequestHandler, make_server


class KeepAliveHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code="-", size="-"):
        """Says nothing: requests carry secrets."""


class KeptSecrets:
    """Writes all secrets to a file before a call that may have changed one is answered."""

    reads = ("GetSecretValue", "DescribeSecret", "ListSecrets", "ListSecretVersionIds", "GetResourcePolicy")

    def __init__(self, application, file):
        self.application = application
        self.file = file
        self.lock = threading.Lock()
        if os.path.exists(file):
            self.load()

    def __call__(self, environ, start_response):
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if not target.startswith("secretsmanager.") or target.split(".")[1] in self.reads:
            return self.application(environ, start_response)
        with self.lock:
            answer = list(self.application(environ, start_response))
            self.save()
            return answer

    def load(self):
        with open(self.file, "rb") as source:
            for (account, region), secrets in pickle.load(source).items():
                secretsmanager_backends[account][region].secrets.update(secrets)

    def save(self):
        secrets = {
            (account, region): dict(backend.secrets)
            for account, backends in secretsmanager_backends.items()
            for region, backend in backends.items()
        }
        new = self.file + ".new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
            pickle.dump(secrets, target)
        os.replace(new, self.file)


def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
application = DomainDispatcherApplication(create_backend_app)
if len(sys.argv) > 2:
    application = KeptSecrets(application, sys.argv[2])
server = make_server("127.0.0.1", port, application, threaded=True, request_handler=KeepAliveHandler)
threading.Thread(target=end_with_parent, daemon=True).start()
print(server.port, flush=True)
server.serve_forever()
