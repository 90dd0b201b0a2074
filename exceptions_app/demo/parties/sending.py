"""What goes wrong between a supplier's computer and ours: with whole interchanges, whatever they say."""

from exceptions_app.demo.parties.misdeeds import Stage, misdeed
from exceptions_app.demo.parties.scene import Scene


@misdeed(Stage.SEND, causes="message_quarantined", share=1)
def is_cut_off(honest: bytes, scene: Scene) -> list[bytes]:
    """Arrives without its end."""
    return [honest[: len(honest) * 3 // 5]]


@misdeed(Stage.SEND, causes="", share=2)
def sends_twice(honest: bytes, scene: Scene) -> list[bytes]:
    """Sends the same interchange again, which changes nothing."""
    return [honest, honest]
