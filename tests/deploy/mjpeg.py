"""A camera that speaks MJPEG over HTTP and fails on demand."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
_FRAME_S = 0.1


class Mjpeg:
    """What the camera shows.

    Attributes:
        image: Its scene, BGR.
        noise: Whether pixels change from frame to frame, as a sensor's do.
        port: Where it listens; the same after it was away.
    """

    def __init__(self, image: Image) -> None:
        """Show a scene; nobody can ask yet."""
        self.image, self.noise, self.port = image, True, 0
        self._random = np.random.default_rng(0)

    def frame(self) -> bytes:
        image = self.image
        if self.noise:
            noise = self._random.integers(0, 4, image.shape, np.uint8)
            image = cv2.subtract(cv2.add(image, noise), np.full_like(image, 2))
        return cv2.imencode(".jpg", image)[1].tobytes()

    @contextmanager
    def on(self) -> Iterator[str]:
        """Give frames until the end of the block; yields the address."""
        going = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                while not going.is_set():
                    body = camera.frame()
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n"
                    try:
                        self.wfile.write(head.encode() + b"\r\n" + body + b"\r\n")
                    except OSError:
                        return
                    time.sleep(_FRAME_S)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        server.daemon_threads = True
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{self.port}/stream.mjpg"
        finally:
            going.set()
            server.shutdown()
            thread.join()
            server.server_close()
