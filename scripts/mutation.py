"""Mutants: programs that differ from a given one in a single place.

The operators are those of cosmic-ray, and two of our own: swap `min` and `max`, remove a statement.
"""

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from parso.python import tree

Place = tuple[tuple[int, int], tuple[int, int]]

COMPARISONS = {
    "Eq": ("NotEq",),
    "NotEq": ("Eq",),
    "Lt": ("LtE", "GtE"),
    "LtE": ("Lt", "Gt"),
    "Gt": ("GtE", "LtE"),
    "GtE": ("Gt", "Lt"),
    "Is": ("IsNot",),
    "IsNot": ("Is",),
}
OPERATORS = [
    "NumberReplacer",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "RemoveDecorator",
    "ZeroIterationForLoop",
    "ReplaceUnaryOperator_USub_UAdd",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Div_Mul",
    *(
        f"ReplaceComparisonOperator_{one}_{other}"
        for one, others in COMPARISONS.items()
        for other in others
    ),
]


class SwapMinMax:
    """Swap `min` and `max`."""

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        """Return the positions at which a node can be changed."""
        if isinstance(node, tree.Name) and node.value in {"min", "max"}:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _: int) -> Any:
        """Return the changed node."""
        other = {"min": "max", "max": "min"}[node.value]
        return tree.Name(other, node.start_pos, node.prefix)


class RemoveStatement:
    """Remove a call or an assignment in a function."""

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        """Return the positions at which a node can be changed."""
        inside = node.search_ancestor("funcdef") is not None
        if (
            inside
            and node.type == "simple_stmt"
            and node.children[0].type in {"expr_stmt", "atom_expr"}
        ):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _: int) -> Any:
        """Return the changed node."""
        first = node.get_first_leaf()
        node.children[0] = tree.Keyword("pass", node.start_pos, first.prefix)
        return node


@dataclass(frozen=True)
class Mutant:
    """One change to one module."""

    line: int
    code: str
    diff: str


def operators() -> Iterator[Any]:
    """Return all operators."""
    for name in OPERATORS:
        yield cosmic_ray.plugins.get_operator(f"core/{name}")()
    yield SwapMinMax()
    yield RemoveStatement()


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every distinct mutant of a program."""
    seen = {ast.dump(ast.parse(source))}
    for operator in operators():
        nodes = ast_nodes(get_ast(source))
        places = [
            (place[0][0], _is_form(node))
            for node in nodes
            for place in operator.mutation_positions(node)
        ]
        for occurrence, (line, form) in enumerate(places):
            code = None if form else mutate_code(source, operator, occurrence)
            if code is None:
                continue
            try:
                program = ast.dump(ast.parse(code))
            except SyntaxError:
                continue
            if program in seen:
                continue
            seen.add(program)
            yield Mutant(line, code, _diff(source, code))


def _is_form(node: Any) -> bool:
    """Return True if a change affects no behaviour: dataclass options, the star of parameters."""
    kinds = {parent.type for parent in (node.search_ancestor("decorator"), node.parent) if parent}
    return bool(kinds & {"decorator", "parameters"})


def _diff(source: str, code: str) -> str:
    changed = difflib.unified_diff(source.splitlines(), code.splitlines(), lineterm="", n=1)
    return "\n".join(line.rstrip() for line in list(changed)[2:])
