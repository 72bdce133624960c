"""One seed from beginning to end: the process that plays, what falls between it and its files, and who judges."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.simulation import check, play, verified
from tests.simulation.inject import Injector
from tests.simulation.market import BEFORE, DAYS, write_actions, write_bars
from tests.simulation.model import Model, Order
from tests.simulation.plan import PLAYED, Act, Fault, Plan, plan_of
from tests.simulation.syscalls import Listener

STARTS_MAX: Final = 200
DISTURBED_MAX: Final = 10
"""Acts after an error of the disk, before the operator starts the platform again."""
LOOK_EVERY: Final = 15
FINDINGS_MAX: Final = 5
"""So many, and the seed is not played on."""


@dataclass
class Outcome:
    """What came of a seed."""

    seed: int
    findings: list[str] = field(default_factory=list)
    fell: list[Fault] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    took_s: float = 0.0
    trace: list[str] = field(default_factory=list)


class Stopped(Exception):
    """The seed cannot go on."""


@dataclass(slots=True)
class _Process:
    """The platform's process, seen from outside."""

    pid: int
    wire: play.Wire
    listener: Listener
    poll: select.poll


class Run:
    """Plays the plan of a seed in a folder that is a copy of the template."""

    def __init__(self, seed: int, template: Path, folder: Path) -> None:
        self.plan: Plan = plan_of(seed)
        self.folder = folder
        shutil.copytree(template, folder)
        self.model = Model(self.plan, folder)
        self.injector = Injector(folder, self.plan.faults)
        self.outcome = Outcome(seed)
        self._settings = play.settings_of(folder, self.plan.attested, remote=self.plan.remote)
        self._process: _Process | None = None
        self._disturbed_for = 0
        write_files(folder, self.plan)

    def whole(self) -> Outcome:
        begun = time.perf_counter()
        try:
            self._start()
            for number, act in enumerate(self.plan.acts):
                self.injector.begin(number)
                self._act(act, number)
                if len(self.outcome.findings) >= FINDINGS_MAX:
                    break
            else:
                self._end()
                self.outcome.findings += check.everything(
                    self.folder, self.plan, self.model, self.injector.fell
                )
        except Stopped as stopped:
            self.outcome.findings.append(str(stopped))
        finally:
            self._kill()
            self.injector.end()
        self.outcome.fell = self.injector.fell
        self.outcome.trace = self.injector.trace
        self.outcome.took_s = time.perf_counter() - begun
        return self.outcome

    # ---------------------------------------------------------------- acts

    def _act(self, act: Act, number: int) -> None:
        while self.model.owed:
            what, day = self.model.owed.pop(0)
            if not self._do(Act("deliver", {"what": what, "day": day})):
                break
        if self.injector.is_disturbed:
            self._disturbed_for += 1
            if self._disturbed_for > DISTURBED_MAX:
                self._do(Act("restart"))
        self._do(act)
        if number % LOOK_EVERY == 0:
            self._look()

    def _do(self, act: Act) -> bool:
        """Whether it was answered, and not by an error of the server."""
        order = self.model.order(act)
        if order is None:
            return True
        self.outcome.acts[act.kind] += 1
        if order["do"] == "close":
            self._restart()
            return True
        if order["do"] == "probe":
            self._probe()
            return True
        answer = self._exchange(order)
        if answer is None:
            self._tell(f"{act}: killed")
            self.model.lost(act, order)
            self._start()
            return False
        body = answer.get("body")
        brief = body.get("signal_hash", "") if isinstance(body, dict) else ""
        self._tell(f"{act}: {answer['code']} {brief}")
        disturbed = self.injector.is_disturbed
        self.outcome.findings += self.model.judge(act, order, answer, disturbed=disturbed)
        if any(strategy.is_unsure for strategy in self.model.strategies.values()):
            self._look()
        return bool(answer["code"] < 500)

    def _look(self) -> None:
        answer = self._exchange({"do": "calls", "calls": self.model.looks()})
        if answer is None:
            self._start()
            return
        found = self.model.judge_looks(answer["answers"], disturbed=self.injector.is_disturbed)
        self.outcome.findings += found

    def _probe(self) -> None:
        hidden = self._exchange({"do": "hidden"})
        shown = (
            None
            if hidden is None
            else self._exchange({"do": "calls", "calls": check.public_calls(self.model)})
        )
        if hidden is None or shown is None:
            self._start()
            return
        self.outcome.findings += check.hidden_things(self.model, hidden, shown["answers"])

    def _end(self) -> None:
        """After the last day all is well: what is owed comes, a day passes, and everything is written."""
        self.injector.begin(len(self.plan.acts))
        self.injector.calm()
        self._restart()
        self._do(Act("remote_up"))
        for day in (None, *DAYS[: PLAYED + 1]):
            if str(day or "before") not in self.model.delivered:
                self._must(Act("deliver", {"what": "day" if day else "before", "day": day}))
        self._must(Act("clock", {"day": DAYS[PLAYED], "at": "20:00"}))
        if self.plan.attested:
            self._exchange(
                {"do": "call", "who": "operator", "method": "POST", "path": "/admin/attestation/retry"}
            )
        self._look()
        self._probe()
        self.outcome.findings += verified.verified(self.model, self.folder, self._ask)
        closed = self._exchange({"do": "close"})
        if closed is None or "closed" not in closed:
            raise Stopped(f"the platform did not end well: {closed}")
        self._kill()

    def _ask(self, calls: list[Order]) -> list[dict[str, Any]]:
        answer = self._exchange({"do": "calls", "calls": calls})
        if answer is None:
            raise Stopped("the platform was killed after the last day")
        found: list[dict[str, Any]] = answer["answers"]
        return found

    def _must(self, act: Act) -> None:
        if not self._do(act):
            raise Stopped(f"{act} did not succeed after the last day")

    # ---------------------------------------------------------------- the process

    def _restart(self) -> None:
        self._exchange({"do": "close"})
        self._start()

    def _start(self) -> None:
        """A new process; again where it is killed, or where the disk fails it, while it opens."""
        while self.outcome.starts < STARTS_MAX:
            self._kill()
            self._spawn()
            answer = self._exchange(None)
            if answer is not None and "opened" in answer:
                self._disturbed_for = 0
                self._look()
                return
            if answer is not None and not self.injector.is_disturbed:
                raise Stopped(f"the platform does not open: {answer['failed']}\n{answer['trace']}")
        raise Stopped("the platform was started too often")

    def _spawn(self) -> None:
        self.outcome.starts += 1
        self.injector.new_process()
        ours, its = socket.socketpair()
        salt = f"{self.plan.seed}/{self.outcome.starts}"
        pid = os.fork()
        if pid == 0:
            ours.close()
            try:
                play.play(self.folder, self._settings, play.Wire(its), salt)
                os._exit(0)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                raise
            finally:
                os._exit(1)
        its.close()
        _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
        if not descriptors:
            raise Stopped("the process that plays did not begin")
        poll = select.poll()
        poll.register(descriptors[0], select.POLLIN)
        poll.register(ours.fileno(), select.POLLIN)
        self._process = _Process(pid, play.Wire(ours), Listener(descriptors[0]), poll)

    def _exchange(self, order: Order | None) -> Any:
        """The answer to an order (None: what is said without being asked); None where the process was killed."""
        process = self._process
        assert process is not None, "it was started"
        if order is not None:
            process.wire.send(order)
        while True:
            ready = dict(process.poll.poll(120_000))
            if not ready:
                raise Stopped(f"no answer within two minutes to {order}")
            if ready.get(process.listener.descriptor, 0) & select.POLLIN:
                call = process.listener.receive()
                if call is not None and self.injector.answer(process.listener, call, process.pid):
                    self._kill()
                    return None
            elif process.wire.end.fileno() in ready:
                answer = process.wire.receive()
                if answer is None:
                    raise Stopped(f"the process ended by itself at {order}")
                if "failed" in answer and order is not None and not self.injector.is_disturbed:
                    raise Stopped(f"{answer['failed']}\n{answer['trace']}")
                if "failed" in answer and order is not None:
                    self._kill()
                    return None
                return answer

    def _kill(self) -> None:
        """The process is gone; what it started runs to its end."""
        process, self._process = self._process, None
        if process is None:
            return
        os.kill(process.pid, signal.SIGKILL)
        while ready := dict(process.poll.poll(5_000)):
            event = ready.get(process.listener.descriptor, 0)
            if event & select.POLLIN:
                call = process.listener.receive()
                if call is not None:
                    process.listener.go_on(call)
            elif event & (select.POLLHUP | select.POLLERR):
                break
            else:
                process.poll.unregister(process.wire.end.fileno())
        os.waitpid(process.pid, 0)
        os.close(process.listener.descriptor)
        process.wire.end.close()

    # ---------------------------------------------------------------- beside it

    def _tell(self, text: str) -> None:
        self.injector.trace.append(text)


def write_files(folder: Path, plan: Plan) -> None:
    """Every file that will ever be delivered; the remote, where there is one."""
    files, market = folder / "files", plan.market
    (files / "before").mkdir(parents=True)
    write_bars(files / "before" / "bars.csv", {BEFORE: market.bars[BEFORE]})
    write_actions(files / "before" / "corporate_actions.csv", market.actions)
    for day in DAYS:
        rows = market.bars[day]
        for what, kept in (("day", 99), ("half", 4)):
            (files / f"{what}-{day}").mkdir()
            some = dict(list(rows.items())[:kept])
            write_bars(files / f"{what}-{day}" / "bars.csv", {day: some})
        (files / f"broken-{day}").mkdir()
        (files / f"broken-{day}" / "bars.csv").write_text("symbol;date;open\n600000.SH")
    for number, bars in market.corrections.items():
        (files / f"correction-{number}").mkdir()
        write_bars(files / f"correction-{number}" / "bars.csv", bars)
    if plan.remote:
        _bare(folder / play.REMOTE)


def _bare(folder: Path) -> None:
    from dulwich.repo import Repo  # noqa: PLC0415 - few seeds have one

    folder.mkdir()
    Repo.init_bare(str(folder), default_branch=b"main").close()
