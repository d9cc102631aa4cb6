"""A manager client, for the tests to drive: lines of JSON in, lines of JSON out.

    client.py HOST PORT USERNAME SECRET

In: one action a line, {"Action": ...}, or a list of actions, which are sent at once. Out: for a
line with one action the list of messages that answered it, for a list one such list each; for
every Salesforce event that nobody asked for, {"Event": ...}.
"""
import asyncio
import json
import logging
import sys

from panoramisk import Manager


def say(what):
    print(json.dumps(what), flush=True)


def headers(message):
    return dict(message.items())


async def main(host, port, username, secret):
    manager = Manager(host=host, port=int(port), username=username, secret=secret,
                      loop=asyncio.get_running_loop(), reconnect_timeout=0)
    # It connects again when Asterisk ends the session.
    logging.getLogger('panoramisk').setLevel(logging.CRITICAL)
    manager.register_event('Salesforce*', lambda _, event: say(headers(event)))
    await manager.connect()
    while manager.authenticated_future is None:
        await asyncio.sleep(0)
    login = await manager.authenticated_future
    say([headers(login)])

    async def ask(action):
        answer = await manager.send_action(action)
        return [headers(m) for m in (answer if isinstance(answer, list) else [answer])]

    lines = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        actions = json.loads(line)
        if isinstance(actions, list):
            say(await asyncio.gather(*map(ask, actions)))
        else:
            say(await ask(actions))
    manager.close()


asyncio.run(main(*sys.argv[1:]))
