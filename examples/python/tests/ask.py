"""The module, as Python uses it."""

import asyncio
import os
import signal
import socketserver
import threading
import time
import unittest

from smartcall_python import ask, ask_async


class Answers(socketserver.StreamRequestHandler):
    """Answers a line in capitals. Some lines are special."""

    def handle(self):
        line = self.rfile.readline().decode().strip()
        if line == "both":
            # Only when two connections have asked.
            self.server.both.wait()
        if line == "never":
            self.server.asked.set()
            # Until the other end gives up.
            self.rfile.read()
            self.server.given_up.set()
        self.wfile.write(f"{line.upper()}\n".encode())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.both = threading.Barrier(2)
        self.asked = threading.Event()
        self.given_up = threading.Event()
        self.at = "%s:%d" % self.server_address
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Ask(unittest.TestCase):
    def setUp(self):
        self.server = Server()

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()

    def test_blocks(self):
        self.assertEqual(ask(self.server.at, "a line"), "A LINE")

    def test_coroutine(self):
        self.assertEqual(asyncio.run(ask_async(self.server.at, "a line")), "A LINE")

    def test_other_threads_run_while_one_blocks(self):
        other = threading.Thread(target=ask, args=(self.server.at, "both"))
        other.start()
        self.assertEqual(ask(self.server.at, "both"), "BOTH")
        other.join()

    def test_coroutines_wait_at_once(self):
        async def both():
            at = self.server.at
            return await asyncio.gather(ask_async(at, "both"), ask_async(at, "both"))

        self.assertEqual(asyncio.run(both()), ["BOTH", "BOTH"])

    def test_blocks_in_a_thread_of_an_event_loop(self):
        async def both():
            at = self.server.at
            blocks = asyncio.to_thread(ask, at, "both")
            return await asyncio.gather(ask_async(at, "both"), blocks)

        self.assertEqual(asyncio.run(both()), ["BOTH", "BOTH"])

    def test_errors(self):
        # A socket that a thread waits for outlives its close.
        self.server.shutdown()
        self.server.server_close()
        with self.assertRaises(ConnectionRefusedError):
            ask(self.server.at, "a line")
        with self.assertRaises(ConnectionRefusedError):
            asyncio.run(ask_async(self.server.at, "a line"))

    def test_ctrl_c(self):
        pressed = []

        def press():
            self.server.asked.wait()
            pressed.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=press).start()
        with self.assertRaises(KeyboardInterrupt):
            ask(self.server.at, "never")
        print(f"Ctrl-C was seen after {1000 * (time.monotonic() - pressed[0]):.0f} ms")
        self.server.given_up.wait()

    def test_cancelled(self):
        async def cancelled():
            task = asyncio.create_task(ask_async(self.server.at, "never"))
            await asyncio.to_thread(self.server.asked.wait)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        asyncio.run(cancelled())
        self.server.given_up.wait()

    def test_fork(self):
        """A child of a process that has used the module is told why it can't use it."""
        self.assertEqual(ask(self.server.at, "a line"), "A LINE")
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                said = ask(self.server.at, "a line")
            except BaseException as error:
                said = f"{type(error).__name__}: {error}"
            os.write(writes, said.encode())
            os._exit(0)
        os.close(writes)
        with os.fdopen(reads) as said:
            said = said.read()
        os.waitpid(child, 0)
        self.assertIn("PanicException: the threads of smartcall's tokio runtime", said)
        self.assertIn("Fork first", said)


if __name__ == "__main__":
    unittest.main()
