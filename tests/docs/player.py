"""A program that serves the checkout it is started in and answers requests from standard input.

Each line is `{"url", "headers", "body"}`; each line written is what the server answered.
"""

from __future__ import annotations

import asyncio
import json
import sys

import httpx

from server.asgi import create


async def play() -> None:
    """Answer until the input ends. Logs go to standard error, so that only answers are read."""
    answers, sys.stdout = sys.stdout, sys.stderr
    app = create()
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
        while line := await asyncio.to_thread(sys.stdin.readline):
            request = json.loads(line)
            client.cookies.clear()
            if "body" in request:
                answer = await client.post(
                    request["url"], headers=request["headers"], content=request["body"]
                )
            else:
                answer = await client.get(request["url"], headers=request["headers"])
            answers.write(answer.text.replace("\n", " ") + "\n")
            answers.flush()


if __name__ == "__main__":
    asyncio.run(play())
