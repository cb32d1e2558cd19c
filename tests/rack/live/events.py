"""What the stand-in tells: subiquity's webhook events, in its words and order.

One POST per event, in line and without a time-out, as curtin's reporter does it:
an error is a line in the log, and the event is lost.
"""
import json
import time
import urllib.error
import urllib.request

LOG = "/var/log/installer/subiquity-server-debug.log"
MILESTONES = (
    "core_validation", "load_autoinstall_config", "apply_autoinstall_config",
    "apply_config", "configure_apt", "curtin_install", "postinstall",
)


def log(text):
    line = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}"
    print(f"stand-in installer: {text}", flush=True)
    with open(LOG, "a", encoding="utf-8") as out:
        out.write(line + "\n")


class Webhook:
    def __init__(self, config):
        self.endpoint = config["endpoint"]
        retries = config.get("retries", [])
        # As in curtin: a number of tries loses every event.
        self.waits = retries if isinstance(retries, list) else None

    def send(self, event):
        if self.waits is None:
            log("the webhook's retries are no list: the event is lost")
            return
        for wait in [*self.waits, None]:
            try:
                self.post(event)
                return
            except OSError as error:
                log(f"webhook: {error}")
                if wait is not None:
                    time.sleep(wait)

    def post(self, event):
        request = urllib.request.Request(
            self.endpoint, json.dumps(event).encode(),
            {"Content-Type": "application/json",
             "User-Agent": "Curtin/0 (stand-in)", "Connection": "close"})
        with urllib.request.urlopen(request) as answer:
            answer.read()


class Reporter:
    def __init__(self):
        self.hooks = []

    def configure(self, section):
        self.hooks = [Webhook(entry) for entry in (section or {}).values()
                      if entry.get("type") == "webhook"]

    def send(self, name, kind, description, result=None):
        event = {"name": name, "description": description, "event_type": kind,
                 "origin": "curtin", "timestamp": time.time(),
                 "level": self.level(name, result)}
        if result:
            event["result"] = result
        log(f"{kind}: {name}: {description}" + (f": {result}" if result else ""))
        for hook in self.hooks:
            hook.send(event)

    @staticmethod
    def level(name, result):
        if result == "FAIL":
            return "ERROR"
        return "INFO" if name.rsplit("/", 1)[-1] in MILESTONES else "DEBUG"


class Step:
    """A part of the work: `start`, and `finish` with how it went."""

    def __init__(self, reporter, name, description=""):
        self.reporter = reporter
        self.name = name
        self.description = description

    def child(self, name, description=""):
        return Step(self.reporter, f"{self.name}/{name}", description)

    def __enter__(self):
        self.reporter.send(self.name, "start", self.description)
        return self

    def __exit__(self, kind, error, _trace):
        if error is None:
            self.reporter.send(self.name, "finish", self.description, "SUCCESS")
        else:
            self.reporter.send(self.name, "finish", str(error), "FAIL")
