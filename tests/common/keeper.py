"""Keeps a server for as long as tests use it, and leaves nothing running behind them.

keeper.py FOLDER COMMAND...   runs the command until nobody has held FOLDER/users for a few seconds
keeper.py --stop FOLDER       ends the keeper of the folder, and its server, now

The locks are those of flock(2), which go with the process that holds them, however it ends:
  FOLDER/door     held by who starts or ends a server, for that moment
  FOLDER/users    shared by the tests that use it
  FOLDER/keeper   held by the keeper, whose process id stands in it
"""

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time

# Seconds without anybody before it ends.
ALONE = 8
STEP = 0.25


def taken(file, how=fcntl.LOCK_EX):
    """Whether the lock could be had now."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
        return True
    except OSError:
        return False


def go_with_parent():
    """On Linux the server ends with its keeper, even if that is killed."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (AttributeError, OSError):
        pass


def keep(folder, command):
    keeper = open(os.path.join(folder, "keeper"), "a+")
    if not taken(keeper):
        sys.exit("another keeper is at work")
    keeper.truncate(0)
    keeper.write(str(os.getpid()))
    keeper.flush()
    users = open(os.path.join(folder, "users"), "a")
    door = open(os.path.join(folder, "door"), "a")
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=go_with_parent)
    alone = 0.0
    while server.poll() is None and not asked:
        time.sleep(STEP)
        if not taken(users):
            alone = 0.0
            continue
        fcntl.flock(users, fcntl.LOCK_UN)
        alone += STEP
        # Behind a closed door nobody can come in between the last look and the end.
        if alone >= ALONE and taken(door):
            if taken(users):
                break
            fcntl.flock(door, fcntl.LOCK_UN)
            alone = 0.0
    server.kill()
    server.wait()
    for name in ("endpoint", "data"):
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        elif os.path.exists(path):
            os.remove(path)


def stop(folder):
    with open(os.path.join(folder, "keeper")) as keeper:
        for _ in range(100):
            if taken(keeper, fcntl.LOCK_SH):
                return
            os.kill(int(keeper.read() or 0) or os.getpid(), signal.SIGTERM)
            keeper.seek(0)
            time.sleep(0.1)
    sys.exit("the keeper in " + folder + " does not end")


if sys.argv[1] == "--stop":
    stop(sys.argv[2])
else:
    keep(sys.argv[1], sys.argv[2:])
