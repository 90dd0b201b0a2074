"""How gunicorn serves Rightline: a few processes of threads, each thread with a connection from the pool."""

from pathlib import Path

from config import env

bind = f"127.0.0.1:{env.number('PORT', 8000)}"
workers = env.number("RIGHTLINE_WEB_PROCESSES", 2)
worker_class = "gthread"
threads = env.number("RIGHTLINE_WEB_THREADS", 8)
# Importing the product once and forking it halves the time and the memory of a start.
preload_app = True
timeout = 60
graceful_timeout = 8
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
# The workers' heartbeat files must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
# One instance's control socket would take the place of another's.
control_socket_disable = True
