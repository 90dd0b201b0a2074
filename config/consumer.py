"""The part of a worker that takes messages from the broker, made to outlive the loss of it."""

from celery.worker.consumer import Consumer


class SteadyConsumer(Consumer):
    """Takes up its work again after the broker was away, in whatever it was when that went."""

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Let go of a lost connection.

        Celery 5.7 closes it twice. Where kombu was waiting for messages and had one unacknowledged, its first
        attempt stops halfway and its second stumbles over what the first has let go, which would end the
        worker. By then Celery has forgotten the connection, and a second call does what is left to do.
        """
        try:
            super().on_connection_error_after_connected(exc)
        except AttributeError:
            super().on_connection_error_after_connected(exc)
