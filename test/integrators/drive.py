"""Drives the Python snippet: see driver.ts for what it reads and answers."""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from documents_token import DocumentsToken, read_secret

clients, last = {}, {}
for line in sys.stdin:
    command, secret_id, where, count = line.split()
    client = clients.setdefault(secret_id, DocumentsToken(partial(read_secret, secret_id), where))
    if command == "drop":
        client.drop(last.get(secret_id))
    try:
        with ThreadPoolExecutor(int(count)) as pool:
            tokens = list(pool.map(lambda _: client.get(), range(int(count))))
        last[secret_id] = tokens[0]
        print("ok", *tokens, flush=True)
    except Exception as error:
        print("error", error, flush=True)
