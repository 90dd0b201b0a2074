"""Who the embedded servers run as when we are root: PostgreSQL refuses to."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from config.env import UnusableSetting
from config.processes.programs import Account

ACCOUNT_NAME = "rightline"


def account_for(folder: Path) -> Account | None:
    """Return the account for a server whose data is in the folder, or None when we are not root.

    Data that an ordinary user made stays that user's; else it is the system account's, made on first use.
    """
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        owner = folder.stat()
        return Account(owner.st_uid, owner.st_gid)
    entry = _system_account()
    return Account(entry.pw_uid, entry.pw_gid)


def _system_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        _make_system_account()
    return pwd.getpwnam(ACCOUNT_NAME)


def _make_system_account() -> None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise UnusableSetting(
            f"PostgreSQL does not run as root: make a system account {ACCOUNT_NAME}, or be a normal user."
        )
    command = [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    done = subprocess.run([*command, ACCOUNT_NAME], capture_output=True, text=True, check=False)
    # Another instance may have made the account a moment ago; then it is there all the same.
    if done.returncode != 0 and not _exists(ACCOUNT_NAME):
        raise UnusableSetting(
            f"The system account {ACCOUNT_NAME} for PostgreSQL could not be made: {done.stderr.strip()}"
        )


def _exists(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())
