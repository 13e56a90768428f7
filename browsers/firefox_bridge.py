#!/usr/bin/env python3
"""Start the Firefox that $FIREFOX names for Playwright, and stand between the two.

Playwright drives a Firefox that is not its own build over WebDriver BiDi, and expects the newest
release. An older one, such as Debian's, does not know some commands that ask for the looks of
another device. They are answered here as if done; all else passes unchanged.
"""

import asyncio
import json
import os
import re
import sys

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

MAX_MESSAGE_BYTES = 2**30  # a printed page is one message


class Bridge(WebSocketHandler):
    """Pass messages from Playwright to Firefox, and its answers back."""

    async def open(self):
        """Connect to Firefox; Tornado keeps the first messages until this has returned."""
        self.wishes = set()
        self.firefox = await websocket_connect(
            self.settings["address"],
            on_message_callback=self.on_answer,
            max_message_size=MAX_MESSAGE_BYTES,
        )

    async def on_message(self, message):
        """Pass on a command, and remember it if it only asks for another device's looks."""
        command = json.loads(message)
        if command["method"].startswith("emulation."):
            self.wishes.add(command["id"])
        await self.firefox.write_message(message)

    def on_answer(self, message):
        """Pass on an answer or an event; None says that Firefox has closed the connection."""
        if message is None:
            self.close()
            return
        answer = json.loads(message)
        if answer.get("error") == "unknown command" and answer["id"] in self.wishes:
            message = json.dumps({"type": "success", "id": answer["id"], "result": {}})
        self.write_message(message)

    def on_close(self):
        """Close the other half too."""
        self.firefox.close()


async def main():
    """Run Firefox to its end, and report the bridge's address where Firefox reports its own."""
    command = [os.environ["FIREFOX"], *sys.argv[1:]]
    firefox = await asyncio.create_subprocess_exec(
        *command,
        stderr=asyncio.subprocess.PIPE,
        limit=MAX_MESSAGE_BYTES,  # a complaint may quote a long address
    )
    async for line in firefox.stderr:
        line = line.decode(errors="replace")
        if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
            sockets = bind_sockets(0, "127.0.0.1")
            bridge = Application(
                [("/session", Bridge)],
                address=f"{found[1]}/session",
                websocket_max_message_size=MAX_MESSAGE_BYTES,
            )
            HTTPServer(bridge).add_sockets(sockets)
            line = line.replace(found[1], f"ws://127.0.0.1:{sockets[0].getsockname()[1]}")
        print(line, end="", file=sys.stderr, flush=True)
    sys.exit(await firefox.wait())


if __name__ == "__main__":
    asyncio.run(main())
