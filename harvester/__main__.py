"""The console script, and `python -m harvester`."""

import atexit

from harvester.cli.ending import Ending


def run() -> None:
    """Run the command; an interrupt while it is still being loaded shows no traceback either."""
    end = Ending()
    atexit.register(end.now)  # before anything else is, so that it comes last
    try:
        from harvester.cli.main import run as run_command
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    end.status = run_command()
    raise SystemExit(end.status)


if __name__ == "__main__":
    run()
