"""Those at the gateway's own site who asked to look at it: Prometheus, Home Assistant."""

from collections.abc import Callable

from edge.heartbeat import Heartbeat
from edge.logbook import Logbook
from edge.worker import Post, Station


def observers(station: Station, heartbeat: Callable[[], Heartbeat]) -> tuple[Post, ...]:
    """A worker for each of them that the configuration names."""
    config, logbook = station.config, Logbook(station.outbox.database)
    posts: list[Post] = []
    if config.metrics is not None:
        from edge.metrics import MetricsServer, exposition  # noqa: PLC0415 -- only who is asked for figures pays for it

        server = MetricsServer(config.metrics, lambda: exposition(heartbeat(), logbook.counters()), station.voice)
        posts.append(Post(name="metrics", worker=server, rest_s=30.0, expendable=True))
    if config.home_assistant is not None:
        from edge.home_assistant import HomeAssistant, HomeTools  # noqa: PLC0415 -- as above

        tools = HomeTools(heartbeat=heartbeat, stressed=logbook.stressed, clock=station.clock, voice=station.voice)
        home = HomeAssistant(config, config.home_assistant, tools)
        posts.append(Post(name="home assistant", worker=home, rest_s=5.0, expendable=True))
    return tuple(posts)
