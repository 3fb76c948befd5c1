"""A small evaluator: literals, operators, references and a few functions; the rest is #NAME?.

Formulas are kept as entered and computed when looked at. Results are scalars; a range where one
value is wanted gives its first cell (assumed, arrays are out of scope).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .a1 import parse_range
from .functions import FUNCTIONS, Computed, Matrix, as_number, as_text, compare, first, is_error
from .model import ErrorValue, Formula, Scalar, Worksheet, value_of

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)
    | (?P<string>"(?:[^"]|"")*")
    | (?P<reference>(?:(?:'(?:[^']|'')+'|[A-Za-z_][A-Za-z0-9_]*)!)?
        \$?[A-Za-z]{1,3}\$?[0-9]+(?::\$?[A-Za-z]{1,3}(?:\$?[0-9]+)?)?(?![A-Za-z0-9_(])
      | (?:(?:'(?:[^']|'')+'|[A-Za-z_][A-Za-z0-9_]*)!)?
        (?:\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?[0-9]+:\$?[0-9]+)(?![A-Za-z0-9_(]))
    | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
    | (?P<error>\#REF!)
    | (?P<sign><=|>=|<>|[-+*/^&=<>(),;%])
    )""",
    re.VERBOSE,
)
_BINDING = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3}
_BINDING |= {"*": 4, "/": 4, "^": 6}
PARSE_ERROR = ErrorValue("ERROR", "#ERROR!", "Formula parse error.")
_CIRCULAR = ErrorValue(
    "REF",
    "#REF!",
    "Circular dependency detected. To resolve with iterative calculation, see File > Settings.",
)
REF_ERROR = ErrorValue("REF", "#REF!", "Reference does not exist.")

Node = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    worksheet: Worksheet


def effective(worksheet: Worksheet, row: int, column: int) -> Scalar:
    """Return a cell's effective value."""
    value = value_of(worksheet.rows[row].get(column))
    if value.__class__ is str or not isinstance(value, Formula):
        return value
    computed = worksheet.spreadsheet.computed
    key = (worksheet.sheet_id, row, column)
    if key not in computed:
        computed[key] = _CIRCULAR
        computed[key] = compute(worksheet, value.text)
    result: Scalar = computed[key]
    return result


def compute(worksheet: Worksheet, text: str) -> Scalar:
    """Evaluate a formula (with its equals sign) as if it stood in that worksheet."""
    try:
        node = _parse(text)
        result = first(_evaluate(node, _Place(worksheet)))
    except (SyntaxError, RecursionError):
        return PARSE_ERROR
    return 0 if result is None else result


@lru_cache(maxsize=4096)
def _parse(text: str) -> Node:
    tokens = list(_tokens(text[1:]))
    parser = _Parser(tokens)
    node = parser.expression(0)
    if parser.at != len(tokens):
        raise SyntaxError(text)
    return node


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise SyntaxError(text)
        kind = str(match.lastgroup)
        yield kind, match[kind]
        at = match.end()


class _Parser:
    """Precedence climbing over tokens; nodes are tuples of a tag and operands."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise SyntaxError("unexpected end")
        self.at += 1
        return self.tokens[self.at - 1]

    def expression(self, binding: int) -> Node:
        node = self.operand()
        while (operator := self.peek()) and self.tokens[self.at][0] == "sign":
            if operator == "%":
                self.take()
                node = ("%", node)
                continue
            strength = _BINDING.get(operator, 0)
            if strength <= binding:
                break
            self.take()
            node = (operator, node, self.expression(strength))
        return node

    def operand(self) -> Node:
        kind, text = self.take()
        if kind == "number":
            return ("value", float(text) if not text.isdigit() else int(text))
        if kind == "string":
            return ("value", text[1:-1].replace('""', '"'))
        if kind == "error":
            return ("value", REF_ERROR)
        if kind == "reference":
            return ("reference", text)
        if kind == "name":
            return self.name(text)
        if text == "(":
            node = self.expression(0)
            self.expect(")")
            return node
        if text in "+-":
            return ("negate" if text == "-" else "same", self.expression(6))
        raise SyntaxError(text)

    def name(self, text: str) -> Node:
        if self.peek() != "(":
            if text.upper() in ("TRUE", "FALSE"):
                return ("value", text.upper() == "TRUE")
            return ("name", text)
        self.take()
        arguments: list[Node] = []
        while self.peek() != ")":
            if self.peek() in (",", ";"):
                arguments.append(("value", None))
            else:
                arguments.append(self.expression(0))
            if self.peek() not in (",", ";"):
                break
            self.take()
        self.expect(")")
        return ("call", text.upper(), tuple(arguments))

    def expect(self, text: str) -> None:
        if self.take()[1] != text:
            raise SyntaxError(text)


def _evaluate(node: Node, place: _Place) -> Computed:
    tag = node[0]
    if tag == "value":
        return node[1]  # type: ignore[no-any-return] # a literal of the node
    if tag in ("reference", "name"):
        return _look_up(node[1], place)
    if tag == "call":
        return _call(node[1], node[2], place)
    operands = [first(_evaluate(part, place)) for part in node[1:]]
    for operand in operands:
        if is_error(operand):
            return operand
    return _operate(tag, operands)


def _operate(tag: str, operands: list[Scalar]) -> Scalar:
    if tag == "same":
        return operands[0]
    if tag == "&":
        return as_text(operands[0]) + as_text(operands[1])
    if tag in ("=", "<>", "<", ">", "<=", ">="):
        return compare(tag, operands[0], operands[1])
    numbers = [as_number(operand) for operand in operands]
    for number in numbers:
        if isinstance(number, ErrorValue):
            return number
    return _calculate(tag, [number for number in numbers if not isinstance(number, ErrorValue)])


def _calculate(tag: str, numbers: list[int | float]) -> Scalar:
    if tag == "/" and numbers[1] == 0:
        message = "Function DIVIDE parameter 2 cannot be zero."
        return ErrorValue("DIVIDE_BY_ZERO", "#DIV/0!", message)
    operations: dict[str, Callable[..., Any]] = {
        "negate": lambda one: -one,
        "%": lambda one: one / 100,
        "+": lambda one, two: one + two,
        "-": lambda one, two: one - two,
        "*": lambda one, two: one * two,
        "/": lambda one, two: one / two,
        "^": lambda one, two: one**two,
    }
    try:
        result = float(operations[tag](*numbers))
    except (OverflowError, TypeError, ZeroDivisionError):
        return ErrorValue("NUM", "#NUM!", "Numeric value is out of range.")
    return int(result) if result.is_integer() and abs(result) < 1e15 else result


def _call(name: str, arguments: tuple[Node, ...], place: _Place) -> Computed:
    if name == "IF":
        return _choose(arguments, place)
    if name in ("IFERROR", "IFNA"):
        tried = first(_evaluate(arguments[0], place)) if arguments else None
        if not is_error(tried):
            return tried
        return _evaluate(arguments[1], place) if len(arguments) > 1 else ""
    function = FUNCTIONS.get(name)
    if function is None:
        return ErrorValue("NAME", "#NAME?", f"Unknown function: '{name}'.")
    values = [_evaluate(argument, place) for argument in arguments]
    try:
        return function(place.worksheet.spreadsheet, *values)
    except TypeError:
        message = f"Wrong number of arguments to {name}. Got {len(values)} arguments."
        return ErrorValue("N_A", "#N/A", message)


def _choose(arguments: tuple[Node, ...], place: _Place) -> Computed:
    """IF looks only at the branch it takes."""
    if not 2 <= len(arguments) <= 3:
        count = len(arguments)
        return ErrorValue("N_A", "#N/A", f"Wrong number of arguments to IF. Got {count} arguments.")
    test = first(_evaluate(arguments[0], place))
    if is_error(test):
        return test
    truth = test if isinstance(test, bool) else as_number(test)
    if isinstance(truth, ErrorValue):
        return truth
    if truth:
        return _evaluate(arguments[1], place)
    return _evaluate(arguments[2], place) if len(arguments) == 3 else False


def _look_up(text: str, place: _Place) -> Computed:
    spreadsheet = place.worksheet.spreadsheet
    reference = parse_range(text.replace("$", ""))
    if reference is None:
        return REF_ERROR
    worksheet: Worksheet | None = place.worksheet
    area = reference.area
    if reference.titled:
        worksheet = spreadsheet.by_title(reference.title)
    elif area is None:
        for named in spreadsheet.named:
            if named.data["name"].lower() == text.lower():
                worksheet, area = spreadsheet.worksheet(named.data["sheetId"]), named.area
    if area is None:
        return ErrorValue("NAME", "#NAME?", f"Unknown range name: '{text.upper()}'.")
    if worksheet is None:
        return ErrorValue("REF", "#REF!", "Unresolved sheet name.")
    box = worksheet.within(area)
    if reference.single:
        empty = box.height == 0 or box.width == 0
        return REF_ERROR if empty else effective(worksheet, box.top, box.left)
    return Matrix(
        [
            [effective(worksheet, row, column) for column in range(box.left, box.right)]
            for row in range(box.top, box.bottom)
        ]
    )
