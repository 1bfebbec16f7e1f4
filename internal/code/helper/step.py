# What a piece of Python finds: steps, trigger, export() and flow, as names of its
# own and on what a function `handler` is called with.
import json
import linecache
import os
import sys
import traceback

with os.fdopen(3, encoding="utf-8") as f:
    source = f.read()
with os.fdopen(4, encoding="utf-8") as f:
    given = json.load(f)
out = os.fdopen(5, "w", encoding="utf-8")


def say(what, **line):
    try:
        text = json.dumps(line, allow_nan=False)
    except (TypeError, ValueError) as e:
        raise TypeError(f"{what} cannot be written as JSON: {e}") from None
    out.write(text + "\n")
    out.flush()


class Flow:
    def exit(self, reason=""):
        say("The reason", exit=str(reason))
        sys.exit(0)

    def _node_alone(self, *args, **kwargs):
        raise RuntimeError("Only Node code and JavaScript components put a workflow off. Use a delay or a suspend step after this one.")

    delay = suspend = rerun = _node_alone


class Step:
    steps = given["steps"]
    trigger = given["trigger"]
    env = os.environ
    flow = Flow()

    def export(self, name, value):
        say(f"The value of {name}", export=str(name), value=value)


step = Step()
linecache.cache["step.py"] = (len(source), None, source.splitlines(True), "step.py")
scope = {
    "__name__": "__main__",
    "steps": step.steps,
    "trigger": step.trigger,
    "export": step.export,
    "flow": step.flow,
}
try:
    exec(compile(source, "step.py", "exec"), scope)
    if callable(scope.get("handler")):
        say("What the handler returns", result=scope["handler"](step))
except Exception as e:
    e.__traceback__ = e.__traceback__.tb_next if e.__traceback__ else None
    stack = "".join(traceback.format_exception(type(e), e, e.__traceback__))
    say("The error", error={"name": type(e).__name__, "message": str(e), "stack": stack[-8000:]})
    sys.exit(1)
