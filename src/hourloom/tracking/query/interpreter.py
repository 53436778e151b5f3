"""Run a query over a source of events."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.tracking.query.arguments import Arguments
from hourloom.tracking.query.deadline import NEVER, Deadline
from hourloom.tracking.query.errors import QueryError, QueryInterpretError, QueryParseError
from hourloom.tracking.query.events import MAX_EVENTS
from hourloom.tracking.query.functions import FUNCTIONS
from hourloom.tracking.query.operators import apply
from hourloom.tracking.query.ports import EventSource
from hourloom.tracking.query.syntax import (
    Assign,
    Call,
    Chain,
    DictOf,
    Expression,
    If,
    ListOf,
    Literal,
    Program,
    Statement,
    Variable,
)
from hourloom.tracking.query.timeperiod import Period, parse_period, parse_time
from hourloom.tracking.query.values import Value

MAX_HELD = 4 * MAX_EVENTS
"""How many elements all variables together may hold."""


def run(
    program: Program,
    period: Period,
    source: EventSource,
    *,
    name: str = "",
    deadline: Deadline = NEVER,
) -> Value:
    """Run a query for one period and return what it assigned to RETURN.

    Functions never change the events they are given: after `b = categorize(a, rules)` the events
    in `a` have no categories, as in aw-server-rust and unlike aw-server.
    """
    return _Run(program, period, source, name, deadline).result()


class _Run:
    """The state of one run: its variables."""

    def __init__(
        self, program: Program, period: Period, source: EventSource, name: str, deadline: Deadline
    ) -> None:
        self.source = source
        self.deadline = deadline
        self._program = program
        self._interval = f"{period.start_text}/{period.end_text}"
        self._held = 0
        self._variables: dict[str, Value] = {
            "NAME": name,
            "STARTTIME": period.start_text,
            "ENDTIME": period.end_text,
            "TIMEINTERVAL": self._interval,
        }

    def result(self) -> Value:
        """Run all statements; `return` gives the result but does not end the run, as in aw-server-rust."""
        self._run_all(self._program.statements)
        if "RETURN" not in self._variables:
            raise QueryParseError("Query doesn't assign the RETURN variable, nothing to respond")
        return self._variables["RETURN"]

    def window(self) -> tuple[int, int]:
        """Return the period that the variables state, which a query may have moved."""
        interval = self._stated("TIMEINTERVAL")
        if interval != self._interval:
            moved = parse_period(interval)
            return moved.start, moved.end
        return parse_time(self._stated("STARTTIME")), parse_time(self._stated("ENDTIME"))

    def _stated(self, variable: str) -> str:
        value = self._variables[variable]
        if not isinstance(value, str):
            raise QueryInterpretError(f"{variable} must be a string.")
        return value

    def _run_all(self, statements: Sequence[Statement]) -> None:
        for statement in statements:
            self.deadline.check()
            if isinstance(statement, Assign):
                self._assign(statement)
            elif isinstance(statement, If):
                self._branch(statement)
            else:
                self._value(statement.value)

    def _assign(self, statement: Assign) -> None:
        value = self._value(statement.value)
        self._held += _size(value) - _size(self._variables.get(statement.name))
        if self._held > MAX_HELD:
            raise self._error("the query's variables hold too many events", statement.at)
        self._variables[statement.name] = value

    def _branch(self, statement: If) -> None:
        for branch in statement.branches:
            holds = self._value(branch.condition)
            if not isinstance(holds, bool):
                raise self._error("a condition must be true or false", statement.at)
            if holds:
                return self._run_all(branch.block)
        return self._run_all(statement.otherwise)

    def _value(self, expression: Expression) -> Value:
        if isinstance(expression, Call):
            return self._called(expression)
        if isinstance(expression, Variable):
            return self._looked_up(expression)
        if isinstance(expression, Literal):
            return expression.value
        if isinstance(expression, ListOf):
            return [self._value(item) for item in expression.items]
        if isinstance(expression, DictOf):
            return {key: self._value(value) for key, value in expression.entries}
        return self._computed(expression)

    def _looked_up(self, variable: Variable) -> Value:
        if variable.name not in self._variables:
            raise self._error(
                f"Tried to reference variable '{variable.name}' which is not defined", variable.at
            )
        return self._variables[variable.name]

    def _called(self, call: Call) -> Value:
        function = FUNCTIONS.get(call.name)
        if function is None:
            raise self._error(f"Tried to call function '{call.name}' which doesn't exist", call.at)
        if not function.least <= len(call.arguments) <= function.most:
            raise self._error(f"Tried to call function {call.name} with invalid amount of arguments", call.at)
        values = [self._value(argument) for argument in call.arguments]
        self.deadline.check()
        try:
            return function.call(self, Arguments(call.name, values))
        except QueryError as error:
            raise error.at(*self._program.place(call.at)) from None

    def _computed(self, chain: Chain) -> Value:
        value = self._value(chain.first)
        for step in chain.steps:
            operand = self._value(step.operand)
            try:
                value = apply(step.operator, value, operand)
            except QueryError as error:
                raise error.at(*self._program.place(step.at)) from None
        return value

    def _error(self, reason: str, at: int) -> QueryInterpretError:
        return QueryInterpretError(reason, *self._program.place(at))


def _size(value: Value) -> int:
    return len(value) if isinstance(value, (list, dict)) else 0
