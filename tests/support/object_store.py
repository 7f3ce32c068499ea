"""An object store on loopback: documents by GET and PUT, which can fail, hang, drip, or store nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DRIPPED_BYTES = 1_000_000  # announced by a response that drips


@dataclass
class ObjectStore:
    """A running store; `received` are the headers of each request."""

    address: str = ""
    documents: dict[str, bytes] = field(default_factory=dict)
    received: list[dict[str, str]] = field(default_factory=list)
    status: int | None = None  # of all responses, if not as an object store's
    forgets: bool = False  # accepts documents and stores none
    hangs: bool = False
    drips: bool = False  # of each response a byte at a time, without an end
    hangs_after: Callable[[bytes], bool] = lambda _text: False  # a document, once it was stored and returned
    released: threading.Event = field(default_factory=threading.Event)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if self.hangs:
            self.released.wait(30)
        if self.status is not None:
            return self.status, b""
        if method == "PUT":
            if not self.forgets:
                self.documents[path] = body
            return 201, b""
        found = self.documents.get(path)
        if found is not None and self.hangs_after(found):
            self.hangs = True
        return (404, b"") if found is None else (200, found)


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    store = ObjectStore()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond("GET")

        def do_PUT(self) -> None:
            self.respond("PUT")

        def respond(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            store.received.append({name.lower(): value for name, value in self.headers.items()})
            status, text = store.answer(method, self.path, body)
            self.send_response(status)
            self.send_header("content-length", str(len(text) + DRIPPED_BYTES * store.drips))
            self.end_headers()
            with suppress(OSError):  # who has asked may not wait until the end
                while store.drips and not store.released.wait(0.05):
                    self.wfile.write(b" ")
                self.wfile.write(text)

        def log_message(self, format: str, *values: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    store.address = f"http://127.0.0.1:{server.server_port}/heads"
    try:
        yield store
    finally:
        store.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
