"""`python -m app.supervisor`: what bin/dev and the image's role `all` run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.config import SettingsError
from app.supervisor.children import Stopped
from app.supervisor.start import Options, run
from app.supervisor.trouble import Trouble


def main() -> int:
    try:
        run(read_options())
    except Stopped:
        print("Parley was stopped.")
    except Trouble as trouble:
        print(f"parley: {trouble}", file=sys.stderr)
        return 1
    except SettingsError as error:
        print("parley: these settings cannot be used:", file=sys.stderr)
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)
        return 1
    return 0


def read_options() -> Options:
    parser = argparse.ArgumentParser(prog="bin/dev", description="Runs all of Parley on this machine.")
    parser.add_argument("--port", type=int, default=3000, help="the port of the web (3000)")
    parser.add_argument("--data", type=Path, help="the directory that holds everything Parley keeps (var/)")
    parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")
    # The role `all` of the image: every address, the settings of production, and no demo.
    parser.add_argument("--production", action="store_true", help=argparse.SUPPRESS)
    # bin/dev goes to its own tree; a directory is meant as it was typed.
    parser.add_argument("--from", dest="here", type=Path, default=Path(), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not 0 < given.port < 65536:
        parser.error(f"{given.port} is no port; choose one between 1 and 65535")
    return Options(
        port=given.port,
        data=given.data and given.here / given.data,
        demo=not (given.no_demo or given.production),
        production=given.production,
    )


if __name__ == "__main__":
    sys.exit(main())
