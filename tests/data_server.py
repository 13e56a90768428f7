"""A web server on this machine that sends data files, or misbehaves."""

import contextlib
import http.server
import socket
import ssl
import threading
import time

WEB_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body>a, b</body></html>\n"


def send(body, length=None):
    """Return an answer of a body; `length` is promised."""

    def reply(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(length or len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def break_off(body):
    """Return an answer that promises the whole body, sends half of it, and hangs up."""
    return send(body[: len(body) // 2], len(body))


def drip(body, pieces, pause):
    """Return an answer of a body that comes in pieces, with a pause of seconds before each."""

    def reply(handler):
        send(b"", len(body))(handler)
        for start in range(0, len(body), -(-len(body) // pieces)):
            time.sleep(pause)
            handler.wfile.write(body[start : start + -(-len(body) // pieces)])

    return reply


def nobody_knows_the_name(*_, **__):
    """Answer a question for an address, in place of `socket.getaddrinfo`."""
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@contextlib.contextmanager
def data_server(certificate=None):
    """Run a server while the block runs; with a certificate and its key in one file, over TLS.

    `answers` maps a path to bytes to send, the number of an error, or a function of the request
    handler. `asked` holds the paths that were asked for.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.split("?")[0]
            server.asked.append(path)
            reply = server.answers.get(path, 404)
            if isinstance(reply, int):
                self.send_error(reply)
            else:
                (send(reply) if isinstance(reply, bytes) else reply)(self)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers, server.asked = {}, []
        server.address = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
        server.handle_error = lambda *whose: None  # whoever does not trust it hangs up
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()
