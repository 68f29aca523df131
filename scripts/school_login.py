"""`make school-login`: a school's OpenID provider beside `make run`, to try logging in with a school account."""

import argparse
import json
import os
import secrets
import signal
import subprocess
from pathlib import Path

from scripts import environment, identity_providers
from scripts.environment import BASE, VENV
from scripts.processes import free_port
from scripts.run_site import site_environment


def main() -> None:
    """Run the provider until Ctrl-C, connected to the demo's school meanwhile."""
    parser = argparse.ArgumentParser(prog="make school-login")
    parser.add_argument("--port", default="8000", help="the port of `make run`")
    site = f"http://127.0.0.1:{parser.parse_args().port}"
    var = Path(os.environ.get("VAR_DIR", BASE / "var")).resolve()
    if not (var / "secret_key").is_file():
        raise SystemExit("Start the site first, in another window: make run")
    python = environment.prepare(environment.DEV)
    issuer, secret = f"http://127.0.0.1:{free_port()}", secrets.token_urlsafe(24)
    env = site_environment(var, site)
    command = [str(python), "manage.py", "demo_school_login", issuer, "--secret", secret]
    config = json.loads(subprocess.run(command, cwd=BASE, env=env, check=True, capture_output=True, text=True).stdout)
    folder = identity_providers.install(VENV / "identity-providers")
    node = identity_providers.start("openid.mjs", config, folder=folder, log=var / "openid.log")
    print(f"\nOpen {site}/inloggen/school/demo/ and log in with any password as:", flush=True)
    for name, person in config["people"].items():
        print(f"  {name:16} {person['given_name']} {person['family_name']}", flush=True)
    print("\nCtrl-C stops it.", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` stops it as Ctrl-C does
    try:
        node.wait()
    except KeyboardInterrupt:
        pass
    finally:
        node.terminate()
        subprocess.run([*command, "--off"], cwd=BASE, env=env, check=False, capture_output=True)


if __name__ == "__main__":
    main()
