"""Which stored results the claims of a notebook rest on, found by the names in its code."""

import ast
from copy import copy
from dis import get_instructions
from functools import cache
from types import CodeType

_LOADS = "load_results"
_EVIDENCE = "EVIDENCE"  # the package's: it loads results where nobody sees it
_SETTINGS = {"choices", "seeds"}  # of stored results, but no measurements
_UNCLEAR = frozenset("?")  # loaded in a way that nobody can read
_ADDING = {"add", "append", "extend", "insert", "setdefault", "update"}


class Reader:
    """Reads the cells of one notebook in their order.

    Results enter by ``load_results("name")`` and by the package's ``EVIDENCE``. What a statement
    assigns, or puts into something, rests on all that the names in the statement rest on; a
    function, where it is used, on all that the names in it rest on by then. Within a loop or a
    branch a name may also be what it was before. Entries and arguments are not followed, so that
    a claim may name a result too many.

    Parameters
    ----------
    evidence : dict of str to tuple of str
        For each key of ``EVIDENCE`` the stored results that it loads. A statement in which keys
        stand reads these alone.
    """

    def __init__(self, evidence):
        self._evidence = evidence
        self._known = {_EVIDENCE: {_EVIDENCE}, _LOADS: _UNCLEAR}
        self._functions = {}  # the names in each

    def read(self, source):
        """Read one cell.

        Parameters
        ----------
        source : str
            Its code.

        Returns
        -------
        claims : list of tuple of str
            For each ``claim(...)`` of the last statement, what its number rests on.
        last : tuple of str
            What the whole last statement rests on. A "?" is no result: write the loading plainly.
        """
        claims, last = [], set()
        for statement in _Plain(self._known).visit(ast.parse(source)).body:
            calls = [node for node in ast.walk(statement) if _called(node) == "claim"]
            alone = [ast.copy_location(ast.Expr(call), call) for call in calls]
            claims = [self._results(_names(call)[0]) for call in alone]
            last = self._results(_names(statement)[0])
            for part, surely in _parts(statement):
                self._note(part, surely)
        return [self._sorted(results) for results in claims], self._sorted(last)

    def _sorted(self, results):
        if _EVIDENCE in results:  # all of it
            results = results.union(*self._evidence.values()) - {_EVIDENCE}
        return tuple(sorted(results))

    def _note(self, statement, surely):
        """Note what the names rest on that a statement binds or puts something into."""
        loaded, bound, changed = _names(statement)
        results = self._results(loaded)
        for name in bound:
            self._known[name] = results if surely else results | self._known.get(name, set())
            self._functions.pop(name, None)
        for name in changed & self._known.keys():
            self._known[name] = self._known[name] | results
        if isinstance(statement, ast.FunctionDef):
            self._functions[statement.name] = loaded

    def _results(self, names, above=frozenset()):
        """Return what code with these names rests on."""
        found = set().union(*(self._known.get(name, ()) for name in names))
        for name in names & self._functions.keys() - above:
            found |= self._results(self._functions[name], above | {name})
        keys = [key for key in self._evidence if repr(key) in names]
        if _EVIDENCE in found and keys:
            found = found.union(*map(self._evidence.get, keys)) - {_EVIDENCE}
        return found


class _Plain(ast.NodeTransformer):
    """Makes a name of each place that loads results, and notes what it loads."""

    def __init__(self, known):
        self._known = known

    def visit_Call(self, node):
        if _called(node) != _LOADS:
            return self.generic_visit(node)
        name = ast.unparse(node)
        given = {each.value for each in node.args if isinstance(each, ast.Constant)}
        self._known[name] = given or _UNCLEAR
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    def visit_Attribute(self, node):
        if node.attr == _EVIDENCE or node.attr in _SETTINGS:
            name = _EVIDENCE if node.attr == _EVIDENCE else "a setting"
            return ast.copy_location(ast.Name(name, ast.Load()), node)
        return self.generic_visit(node)

    def visit_ImportFrom(self, node):
        for alias in node.names:
            if alias.name in (_LOADS, _EVIDENCE) and alias.asname:
                self._known[alias.asname] = _UNCLEAR
        return ast.copy_location(ast.Pass(), node)

    visit_Import = visit_ImportFrom


def _called(node):
    """Return the last name of what a node calls; None if it calls nothing."""
    called = getattr(node, "func", None)
    return getattr(called, "attr", getattr(called, "id", None))


def _parts(statement, surely=True):
    """Yield the statements of a loop or a branch, which may not be run; another one as it is."""
    if isinstance(statement, ast.For | ast.While | ast.If | ast.With):
        head = copy(statement)
        head.body, head.orelse = [ast.copy_location(ast.Pass(), statement)], []
        yield head, False
        for each in 2 * [*statement.body, *getattr(statement, "orelse", ())]:
            yield from _parts(each, False)  # twice: what one round leaves, the next may read
    else:
        yield statement, surely


@cache
def _names(node):
    """Return the global names in some code: loaded, with texts as they stand; bound; changed."""
    code, found = [compile(ast.Module([node], []), "", "exec")], {"LOAD": set(), "STORE": set()}
    for each in code:
        for one in get_instructions(each):
            kind, _, place = one.opname.partition("_")
            if kind in found and place in ("NAME", "GLOBAL"):
                found[kind].add(one.argval)
        code += [each for each in each.co_consts if isinstance(each, CodeType)]
    changed, loaded = set(), found["LOAD"]
    for each in ast.walk(node):
        if isinstance(each, ast.Constant):
            loaded.add(repr(each.value))
        elif isinstance(each, ast.Call) and getattr(each.func, "attr", "") in _ADDING:
            changed.add(getattr(each.func.value, "id", ""))
        elif isinstance(each, ast.Subscript | ast.Attribute) and isinstance(each.ctx, ast.Store):
            changed.add(getattr(each.value, "id", ""))
    return loaded, found["STORE"], changed & loaded
