"""What a script of serve.py can do wrong, for python.test.ts."""
import os
import signal
import sys
import time

count = 0


def add_one():
    global count
    count += 1
    return {"count": count, "process": os.getpid()}


def answer(case):
    does = case["does"]
    if does == "count":
        return add_one()
    if does == "sleep":
        time.sleep(case["s"])
        return {"slept": case["s"]}
    print("before the fault", flush=True)
    if does == "raise":
        raise ValueError("no such tensor")
    if does == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if does == "hang":
        time.sleep(3600)
    if does == "exit":
        os._exit(0)
    return {"unprintable": sys}
