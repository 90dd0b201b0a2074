"""The broker of one test: it can be flushed, and taken away."""

import redis

from config.addresses import redis_url
from config.embedded.valkey import EmbeddedValkey
from config.processes.programs import Running
from tests.journeys.programs import Programs


class Broker:
    """An embedded broker in the RIGHTLINE_HOME of the programs that use it."""

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self.server = EmbeddedValkey(programs.home)
        self.running: Running | None = None

    def start(self) -> None:
        """Start it, empty; return when it answers."""
        self.server.prepare()
        self.running = self.programs.start_program(self.server.program())
        self.programs.wait_until(self.server.answers, "the broker answers", needs=self.running)

    def kill(self) -> None:
        """Take it away, with all that is in it."""
        assert self.running is not None
        self.running.kill()
        self.programs.forget(self.running)

    def flush(self) -> None:
        """Let it forget everything."""
        with redis.Redis.from_url(redis_url(self.programs.home, database=0)) as client:
            client.flushall()
