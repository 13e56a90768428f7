"""A web server on this machine that sends data files, or misbehaves."""

import http.server
import ssl
import threading
import time
from contextlib import contextmanager

WEB_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body>a, b</body></html>\n"


class DataServer:
    """What the server answers, path by path, and what it was asked for.

    `answers` maps a path to a function of the request handler, or to bytes to send. It may be
    a list of those: one for each request, the last one for all that follow.
    """

    def __init__(self, port, scheme="http"):
        self.address = f"{scheme}://127.0.0.1:{port}"
        self.answers = {}
        self.asked = []

    def answer(self, handler):
        path = handler.path.split("?")[0]
        self.asked.append(path)
        reply = self.answers.get(path, status(404))
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        if isinstance(reply, bytes):
            reply = send(reply)
        reply(handler)


def send(body):
    """Answer as one should."""

    def reply(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def status(code):
    """Answer with an error."""
    return lambda handler: handler.send_error(code)


def break_off(body):
    """Promise the whole file, send half of it, and hang up."""

    def reply(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.close_connection = True

    return reply


def dribble(body, seconds):
    """Send the file in twenty pieces, which takes so many seconds."""

    def reply(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        step = len(body) // 20 + 1
        try:
            for start in range(0, len(body), step):
                handler.wfile.write(body[start : start + step])
                time.sleep(seconds / 20)
        except ConnectionError:
            pass  # the reader's process was ended, as a test wants it

    return reply


@contextmanager
def data_server(certificate=None):
    """Run a server while the block runs; yield its DataServer.

    With the path of a certificate and its key in one file, it speaks TLS.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            data.answer(self)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            server.handle_error = lambda *whose: None  # whoever does not trust it hangs up
        data = DataServer(server.server_port, "http" if certificate is None else "https")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield data
        server.shutdown()
