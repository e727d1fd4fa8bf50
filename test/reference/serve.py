"""Answers the reference tests of one test run, each in a fork of a process that imports torch and the like only once.

Usage: serve.py SOCKET. Binds a Unix socket, prints a line, and ends when its standard input does: with whoever started it.
A request is one JSON line {"script", "case", "limit_s"}. `script` is a module of this folder with a function answer(case); it
is imported before the fork, so that the next request finds it there. What comes back is all that the fork prints and last a
line `answer JSON`; where that line is missing the script failed or took longer than `limit_s` seconds, and the text says where.
"""
import faulthandler
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback

# A fork has no other threads than the one that forks: a pool of workers started before would never answer in it.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
RECEIVE_S = 30


def answer(connection, request):
    """In the fork. Everything that is printed goes to the connection, also by the interpreter when it dies."""
    for stream in (1, 2):
        os.dup2(connection.fileno(), stream)
    faulthandler.enable()
    faulthandler.dump_traceback_later(request["limit_s"], exit=True)
    result = importlib.import_module(request["script"]).answer(request["case"])
    print("answer", json.dumps(result), flush=True)


def fork(connection, request):
    if os.fork() != 0:
        return
    try:
        answer(connection, request)
    except BaseException:
        traceback.print_exc()
    finally:
        # Not sys.exit: what the parent would do at its end is not the fork's to do.
        sys.stderr.flush()
        os._exit(0)


def respond(connection):
    connection.settimeout(RECEIVE_S)
    line = connection.makefile().readline()
    connection.settimeout(None)
    if not line:
        return
    request = json.loads(line)
    try:
        importlib.import_module(request["script"])
    except Exception:
        pass  # The fork fails in the same way, and tells.
    fork(connection, request)


def reap():
    """Takes leave of the forks that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def serve(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while sys.stdin not in (ready := select.select([listener, sys.stdin], [], [])[0]):
            reap()
            if listener in ready:
                with listener.accept()[0] as connection:
                    respond(connection)


os.setpgrp()
serve(sys.argv[1])
# Forks still at work go with it.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.killpg(0, signal.SIGTERM)
