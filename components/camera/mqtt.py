"""Records to an MQTT broker.

TOPIC/CAMERA/record    each record, JSON
TOPIC/CAMERA/state     retained: {"state": "online"} or, by the broker's own hand when the
connection breaks, {"state": "offline"}
"""

import json
import ssl
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.camera.sinks import Delivery, Sink, SinkError
from components.camera.state import FaultName
from components.errors import CameraError
from components.settings.camera import MqttSettings

if TYPE_CHECKING:
    from paho.mqtt.client import Client

ONLINE, OFFLINE = json.dumps({"state": "online"}), json.dumps({"state": "offline"})
_KEEP_ALIVE_S = 15
_LONGEST_RECONNECT_S = 10


class Mqtt(Sink):
    """Publishes each record; the connection is made again by itself, for ever.

    Args:
        settings: Where to.
        camera: Name, a level of the topics.
        password: Of the user; None for none.
    """

    name: FaultName = "mqtt"

    def __init__(self, settings: MqttSettings, camera: str, password: str | None) -> None:
        """Begin to connect.

        Raises:
            CameraError: If the library is not installed or the certificates cannot be read.
        """
        if find_spec("paho") is None:
            raise CameraError(
                "sinks.mqtt.host is set, but paho-mqtt is not installed; install the extra "
                "dxfvision[camera], or set the host to null"
            )
        self._settings = settings
        self._place = f"MQTT broker {settings.host}:{settings.port}"
        self._topic = f"{settings.topic}/{camera}"
        self._connected = threading.Event()
        self._fault = "no connection yet"
        self._client = self._made(camera, password)
        self._client.connect_async(str(settings.host), settings.port, _KEEP_ALIVE_S)
        self._client.loop_start()

    def send(self, delivery: Delivery) -> None:
        """Publish a record and wait until the broker has it.

        Raises:
            SinkError: If there is no connection, or the broker does not confirm in time.
        """
        wait_s = self._settings.timeout_s
        if not self._connected.wait(wait_s):
            raise SinkError(f"{self._place}: {self._fault}; judging goes on")
        payload = json.dumps(delivery.record, ensure_ascii=False)
        told = self._client.publish(f"{self._topic}/record", payload, self._settings.qos)
        try:
            told.wait_for_publish(wait_s)
        except (RuntimeError, ValueError) as error:
            raise SinkError(f"{self._place}: {error}") from error
        if not told.is_published():
            raise SinkError(f"{self._place}: did not confirm within {wait_s:g} s")

    def close(self) -> None:
        """Say goodbye and disconnect."""
        if self._connected.is_set():
            told = self._client.publish(f"{self._topic}/state", OFFLINE, 1, retain=True)
            # Else the broker tells the last will instead.
            with suppress(RuntimeError, ValueError):
                told.wait_for_publish(1.0)
        self._client.disconnect()
        self._client.loop_stop()

    def _made(self, camera: str, password: str | None) -> "Client":
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        settings = self._settings
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"dxfvision-{camera}")
        client.will_set(f"{self._topic}/state", OFFLINE, 1, retain=True)
        client.reconnect_delay_set(1, _LONGEST_RECONNECT_S)
        if settings.user is not None:
            client.username_pw_set(settings.user, password)
        if settings.tls:
            client.tls_set_context(_trust(settings.ca_file))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_connect_fail = self._on_connect_fail
        return client

    def _on_connect(self, client: "Client", _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            self._fault = f"refuses the connection ({reason}); correct user and password"
            return
        client.publish(f"{self._topic}/state", ONLINE, 1, retain=True)
        self._connected.set()

    def _on_disconnect(self, _: "Client", __: Any, ___: Any, reason: Any, ____: Any) -> None:
        if self._connected.is_set():
            self._fault = f"the connection broke off ({reason})"
        self._connected.clear()

    def _on_connect_fail(self, _: "Client", __: Any) -> None:
        self._fault = "cannot be reached"


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise CameraError(
            f"{ca_file}: is no file of certificates ({error}); correct sinks.mqtt.ca_file"
        ) from error
