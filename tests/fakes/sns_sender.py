"""Amazon SNS for the tests: it signs its notices, serves its certificate, and hears who subscribes."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from app.lib.clock import now

NOTICE = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
SUBSCRIPTION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


@dataclass
class SnsSender:
    subscribed: list[str] = field(default_factory=list)
    url: str = ""

    def start(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(now() - timedelta(days=1))
            .not_valid_after(now() + timedelta(days=1))
            .sign(self._key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )
        sender = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                if self.path.startswith("/subscribe"):
                    sender.subscribed.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(certificate)

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def notice(self, message: Any, *, version: str = "2", **given: str) -> bytes:
        """What is posted for a message."""
        told = {"Type": "Notification", "MessageId": "m-1", "TopicArn": "arn:aws:sns:eu-west-1:1:mails"}
        return self._signed({**told, "Message": json.dumps(message), **given}, NOTICE, version)

    def subscription(self, **given: str) -> bytes:
        told = {
            "Type": "SubscriptionConfirmation",
            "MessageId": "m-0",
            "TopicArn": "arn:aws:sns:eu-west-1:1:mails",
            "Message": "You have chosen to subscribe.",
            "Token": "t",
            "SubscribeURL": f"{self.url}/subscribe?token=t",
        }
        return self._signed({**told, **given}, SUBSCRIPTION, "1")

    def _signed(self, told: dict[str, str], names: tuple[str, ...], version: str) -> bytes:
        told = {"Timestamp": now().isoformat(), **told}
        text = "".join(f"{name}\n{told[name]}\n" for name in names if name in told)
        digest = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303  # what topics use unless told otherwise
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), digest)
        url = told.pop("SigningCertURL", f"{self.url}/cert.pem")
        signed = {"SignatureVersion": version, "Signature": base64.b64encode(signature).decode(), "SigningCertURL": url}
        return json.dumps({**told, **signed}).encode()
