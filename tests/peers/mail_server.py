"""A mail server on this machine that takes mails over SMTP, and refuses, defers or hangs up as it is told."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

ADDRESS = re.compile(r"<([^>]*)>")
Answer = tuple[int, str]


@dataclass(frozen=True)
class Received:
    """One mail as the server took it: who it says it is from, whom it is for, and its bytes."""

    sender: str
    recipients: tuple[str, ...]
    payload: bytes

    @property
    def mail(self) -> EmailMessage:
        """The mail, read."""
        return message_from_bytes(self.payload, policy=policy.default)  # type: ignore[return-value]


@dataclass
class MailServer:
    """What the server took, and how it is to behave.

    `answers` are for addresses, by address; `to_sender` and `to_mail` stand in for 250. `hangs_up`: it takes
    a mail and closes the line without a word.
    """

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    to_sender: Answer | None = None
    to_mail: Answer | None = None
    greeting: Answer = (220, "mail.test ready")
    hangs_up: bool = False


class _Talk(socketserver.StreamRequestHandler):
    """One client's connection."""

    server: "_Listener"

    def handle(self) -> None:
        house = self.server.house
        self.sender, self.recipients = "", list[str]()
        self.say(*house.greeting)
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            verb = line[:4].upper()
            if verb in ("EHLO", "HELO", "RSET", "NOOP"):
                self.recipients = []
                self.say(250, "mail.test")
            elif verb == "MAIL":
                self.sender = ADDRESS.findall(line)[0]
                self.say(*(house.to_sender or (250, "ok")))
            elif verb == "RCPT":
                self.take_recipient(ADDRESS.findall(line)[0])
            elif verb == "DATA":
                self.say(354, "go on")
                payload = self.read_mail()
                if house.to_mail:
                    self.say(*house.to_mail)
                    continue
                house.received.append(Received(self.sender, tuple(self.recipients), payload))
                if house.hangs_up:
                    return
                self.say(250, "taken")
            elif verb == "QUIT":
                self.say(221, "bye")
                return
            else:
                self.say(502, "what?")

    def take_recipient(self, address: str) -> None:
        code, words = self.server.house.answers.get(address, (250, "ok"))
        if code == 250:
            self.recipients.append(address)
        self.say(code, words)

    def read_mail(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def say(self, code: int, words: str) -> None:
        self.wfile.write(f"{code} {words}\r\n".encode())


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, house: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.house = house


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server while the block runs; after it, nobody listens at its port."""
    house = MailServer()
    with _Listener(house) as listener:
        house.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield house
        listener.shutdown()
        thread.join()
