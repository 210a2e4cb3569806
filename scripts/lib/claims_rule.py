"""The conditions of the claims' ledger: arithmetic, comparisons, and/or/not over named figures, and nothing else.

A condition is parsed by `ast` and walked; a node that isn't listed here is an error when the ledger is read, so no condition can call,
import or index anything. A name is a figure; `name.low`, `.high`, `.min`, `.max`, `.n`, `.sum` are what claims_figures.Figure has beside its value.
"""

import ast
import operator

PARTS = ("low", "high", "min", "max", "n", "sum")
CALLS = {"abs": abs, "min": min, "max": max}
_BINARY = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
_COMPARE = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne}
LONGEST = 300


class Wrong(ValueError):
    """The condition itself is not one; the message says why."""


class Rule:
    """One condition; `names` are the figures it reads, `numbers` those that it names."""

    def __init__(self, text):
        self.text = text
        if not isinstance(text, str) or len(text) > LONGEST:
            raise Wrong("a condition is a text of at most %d characters" % LONGEST)
        try:
            self.tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise Wrong("not a condition: %s" % text) from None
        self.names, self.numbers = set(), set()
        self._check(self.tree)
        if not isinstance(self.tree, (ast.Compare, ast.BoolOp)) and not (
                isinstance(self.tree, ast.UnaryOp) and isinstance(self.tree.op, ast.Not)):
            raise Wrong("compares nothing: %s" % text)

    def _check(self, node):
        if isinstance(node, ast.BoolOp):
            inner = node.values
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
            inner = [node.operand]
        elif isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            inner = [node.left, node.right]
        elif isinstance(node, ast.Compare) and all(type(op) in _COMPARE for op in node.ops):
            inner = [node.left] + node.comparators
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS and node.args and not node.keywords:
            inner = node.args
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            self.numbers.add(float(node.value))
            inner = []
        elif isinstance(node, ast.Name):
            self.names.add(node.id)
            inner = []
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in PARTS:
            self.names.add(node.value.id)
            inner = []
        else:
            raise Wrong("%s is not allowed in a condition: %s" % (type(node).__name__, self.text))
        for each in inner:
            self._check(each)

    def holds(self, figures):
        """figures: {name: Figure}. A division by zero holds for nothing."""
        try:
            return bool(_value(self.tree, figures))
        except ZeroDivisionError:
            return False


def _value(node, figures):
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return figures[node.id].value
    if isinstance(node, ast.Attribute):
        return getattr(figures[node.value.id], node.attr)
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, figures)
        return not inner if isinstance(node.op, ast.Not) else -inner
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)](_value(node.left, figures), _value(node.right, figures))
    if isinstance(node, ast.Call):
        return CALLS[node.func.id](*[_value(a, figures) for a in node.args])
    if isinstance(node, ast.BoolOp):
        every = (_value(v, figures) for v in node.values)
        return all(every) if isinstance(node.op, ast.And) else any(every)
    left = _value(node.left, figures)
    for op, right in zip(node.ops, node.comparators):
        right = _value(right, figures)
        if not _COMPARE[type(op)](left, right):
            return False
        left = right
    return True
