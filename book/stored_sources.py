"""Which stored results the claims of a notebook rest on, found by reading its code."""

import ast
from dataclasses import dataclass, field, replace

_ADDING = {"add", "append", "extend", "insert", "setdefault", "update"}
_SETTINGS = {"choices", "command", "description", "name", "seeds", "versions"}  # of `Results`
_EVIDENCE = "dropout_lab.lessons.ch13.evidence"
_REFUSED = ast.Global, ast.Nonlocal, ast.Match, ast.AsyncFunctionDef, ast.AsyncFor
_UNKNOWN = object()  # no constant
_UNROLLED = 40  # entries that a loop is followed through one by one
_DEPTH = 10  # calls within calls


@dataclass
class _Value:
    """What is known of a value: the results in it, its entries, and how it is called."""

    names: frozenset = frozenset()
    constant: object = _UNKNOWN
    parts: dict = None
    function: object = None
    scopes: tuple = ()
    members: dict = None  # of a module
    stored: bool = False  # whether it is what `load_results` returned


@dataclass
class Reader:
    """Follows stored results through the cells of one notebook, in their order.

    Results enter by ``load_results("name")`` and by the evidence of the package, which loads
    them behind the scenes. They are followed through variables, entries of tuples and
    dictionaries, loops, and calls of functions that the notebook defines. A name that is bound
    within a function or a comprehension means nothing outside of it, and settings such as the
    list of seeds are no results. Statements that are not followed, ``global`` and ``match`` among
    them, are refused: what rests on results must never look exact.

    Parameters
    ----------
    evidence : dict of str to tuple of str
        For each key of the package's ``EVIDENCE`` the stored results that it loads.
    """

    evidence: dict
    _globals: dict = field(default_factory=dict)
    _claims: list = field(default_factory=list)
    _yielded: list = field(default_factory=list)
    _depth: int = 0

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
            What the whole last statement rests on.

        Raises
        ------
        ValueError
            If the code has a statement that cannot be followed.
        """
        body, last, scopes = ast.parse(source).body, _Value(), (self._globals,)
        for statement in body:
            self._claims = []
            if isinstance(statement, ast.Expr):
                last = self._value(statement.value, scopes)
            else:
                last = _Value()
                self._run([statement], scopes, [])
        return [_sorted(names) for names in self._claims], _sorted(self._all(last))

    # --- statements ----------------------------------------------------------------------------

    def _run(self, body, scopes, returned):
        for statement in body:
            run = getattr(self, f"_run_{type(statement).__name__.lower()}", self._run_other)
            run(statement, scopes, returned)

    def _run_other(self, statement, scopes, returned):
        if isinstance(statement, _REFUSED):
            kind = type(statement).__name__
            raise ValueError(f"code of a claim must not hold {kind}, got {ast.unparse(statement)}")
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                self._value(child, scopes)
            elif isinstance(child, ast.withitem):
                value = self._value(child.context_expr, scopes)
                if child.optional_vars:
                    self._bind(child.optional_vars, value, scopes)
            elif isinstance(child, ast.stmt):
                self._run([child], scopes, returned)

    def _run_assign(self, statement, scopes, returned):
        value = self._value(statement.value, scopes)
        for target in statement.targets:
            self._bind(target, value, scopes)

    def _run_annassign(self, statement, scopes, returned):
        if statement.value:
            self._bind(statement.target, self._value(statement.value, scopes), scopes)

    def _run_augassign(self, statement, scopes, returned):
        names = self._all(self._value(statement.value, scopes))
        names |= self._all(self._value(statement.target, scopes))
        self._bind(statement.target, _Value(names), scopes)

    def _run_functiondef(self, statement, scopes, returned):
        scopes[-1][statement.name] = _Value(function=statement, scopes=scopes)

    def _run_return(self, statement, scopes, returned):
        if statement.value:
            returned.append(self._value(statement.value, scopes))

    def _run_classdef(self, statement, scopes, returned):
        inner = {}
        self._run(statement.body, (*scopes, inner), returned)
        scopes[-1][statement.name] = _Value(parts=inner)

    def _run_import(self, statement, scopes, returned):
        source = getattr(statement, "module", None)
        for alias in statement.names:
            path = f"{source}.{alias.name}" if source else alias.name
            if alias.name == "load_results" and alias.asname:
                raise ValueError(f"load_results must keep its name, got {alias.asname}")
            if not source and not alias.asname:
                path = alias.name.partition(".")[0]  # "import a.b" binds a
            name = alias.asname or path.rpartition(".")[2]
            if path == f"{_EVIDENCE}.*":
                path, name = f"{_EVIDENCE}.EVIDENCE", "EVIDENCE"
            scopes[-1].pop(name, None)  # what was called so before is gone
            found = self._hidden().get(path)
            if found is not None:
                scopes[-1][name] = found

    _run_importfrom = _run_import

    def _hidden(self):
        """Return, by import path, what loads stored results where nobody sees it."""
        path = f"{_EVIDENCE}.EVIDENCE"
        parts = {key: _Value(frozenset(names)) for key, names in self.evidence.items()}
        found = {path: _Value(parts=parts)}
        while "." in path:  # each package on the way to it is known too
            outer, _, name = path.rpartition(".")
            found[outer] = _Value(members={name: found[path]})
            path = outer
        return found

    def _run_for(self, statement, scopes, returned):
        before, entries = dict(scopes[-1]), self._entries(self._value(statement.iter, scopes))
        for entry in entries * 2 if len(entries) == 1 else entries:  # one may stand for many
            self._bind(statement.target, entry, scopes)
            self._run(statement.body, scopes, returned)
        self._join([before, dict(scopes[-1])], scopes)  # or for none
        self._run(statement.orelse, scopes, returned)

    def _run_while(self, statement, scopes, returned):
        before = dict(scopes[-1])
        for _ in range(2):  # what one round leaves, the next may read
            self._value(statement.test, scopes)
            self._run(statement.body, scopes, returned)
        self._join([before, dict(scopes[-1])], scopes)
        self._run(statement.orelse, scopes, returned)

    def _run_if(self, statement, scopes, returned):
        self._value(statement.test, scopes)
        self._branch([statement.body, statement.orelse], scopes, returned)

    def _run_try(self, statement, scopes, returned):
        ends = [dict(scopes[-1])]
        for each in statement.body:  # it may break off after any of them
            self._run([each], scopes, returned)
            ends.append(dict(scopes[-1]))
        self._join(ends, scopes)
        bodies = [handler.body for handler in statement.handlers]
        self._branch([statement.orelse, *bodies], scopes, returned)
        self._run(statement.finalbody, scopes, returned)

    _run_trystar = _run_try

    def _branch(self, bodies, scopes, returned):
        """Run statements of which one list is run; afterwards a name may have any of its values."""
        before, ends = dict(scopes[-1]), []
        for body in bodies:
            scopes[-1].clear()
            scopes[-1].update(before)
            self._run(body, scopes, returned)
            ends.append(dict(scopes[-1]))
        self._join(ends, scopes)

    def _join(self, ends, scopes):
        for name in {name: None for end in ends for name in end}:
            values = {id(end[name]): end[name] for end in ends if name in end}
            one, *others = values.values()
            names = self._all(one).union(*map(self._all, others))
            scopes[-1][name] = _Value(names) if others else one

    def _bind(self, target, value, scopes):
        if isinstance(target, ast.Name):
            scopes[-1][target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            plain = not any(isinstance(each, ast.Starred) for each in target.elts)
            matched = plain and value.parts and set(value.parts) == set(range(len(target.elts)))
            for place, each in enumerate(target.elts):
                part = value.parts[place] if matched else _Value(self._all(value))
                self._bind(each, part, scopes)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, value, scopes)
        elif isinstance(target, (ast.Subscript, ast.Attribute)):
            held = self._value(target.value, scopes)
            plain = isinstance(target, ast.Attribute)
            key = _Value() if plain else self._value(target.slice, scopes)
            if held.parts is not None and _is_key(key):
                old = held.parts.get(key.constant)  # stays if this is a branch that is not taken
                both = _Value(self._all(value) | self._all(old)) if old else value
                held.parts[key.constant] = both
            else:
                held.names |= self._all(value) | self._all(key)

    # --- expressions ---------------------------------------------------------------------------

    def _value(self, node, scopes):
        read = getattr(self, f"_value_{type(node).__name__.lower()}", self._value_other)
        return read(node, scopes)

    def _value_other(self, node, scopes):
        names = frozenset()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.expr, ast.keyword)):
                child = child.value if isinstance(child, ast.keyword) else child
                names |= self._all(self._value(child, scopes))
        return _Value(names)

    def _value_constant(self, node, scopes):
        return _Value(constant=node.value)

    def _value_name(self, node, scopes):
        if node.id == "load_results":  # not called here, but who knows where
            return _Value(frozenset({"?"}))
        return next((scope[node.id] for scope in reversed(scopes) if node.id in scope), _Value())

    def _value_namedexpr(self, node, scopes):
        value = self._value(node.value, scopes)
        self._bind(node.target, value, scopes)
        return value

    def _value_tuple(self, node, scopes):
        values = [self._value(each, scopes) for each in node.elts]
        if any(isinstance(each, ast.Starred) for each in node.elts):
            return _Value(frozenset().union(*map(self._all, values)))
        constants = tuple(value.constant for value in values)
        known = _UNKNOWN if _UNKNOWN in constants else constants
        return _Value(constant=known, parts=dict(enumerate(values)))

    _value_list = _value_tuple

    def _value_dict(self, node, scopes):
        found = _Value(parts={})
        for key, value in zip(node.keys, node.values, strict=True):
            held = self._value(value, scopes)
            name = self._value(key, scopes) if key else _Value()
            if key is None and held.parts is not None:
                found.parts.update(held.parts)
                found.names |= held.names
            elif _is_key(name):
                found.parts[name.constant] = held
            else:
                found.names |= self._all(held) | self._all(name)
        return found

    def _value_subscript(self, node, scopes):
        held, key = self._value(node.value, scopes), self._value(node.slice, scopes)
        if held.parts is not None and _is_key(key) and key.constant in held.parts:
            part = held.parts[key.constant]
            return part if not held.names else _Value(held.names | self._all(part))
        return _Value(self._all(held) | self._all(key))

    def _value_attribute(self, node, scopes):
        held = self._value(node.value, scopes)
        if held.members is not None:
            return held.members.get(node.attr, _Value())
        return _Value() if held.stored and node.attr in _SETTINGS else _Value(self._all(held))

    def _value_yield(self, node, scopes):
        if node.value:
            self._yielded.append(_Value(self._all(self._value(node.value, scopes))))
        return _Value()

    _value_yieldfrom = _value_yield

    def _value_lambda(self, node, scopes):
        return _Value(function=node, scopes=scopes)

    def _value_listcomp(self, node, scopes):
        return self._gather([node.elt], node.generators, scopes)

    _value_setcomp = _value_generatorexp = _value_listcomp

    def _value_dictcomp(self, node, scopes):
        return self._gather([node.key, node.value], node.generators, scopes)

    def _gather(self, wanted, generators, scopes):
        """Return the value of a comprehension, whose names are its own."""
        found, chosen = [], frozenset()

        def walk(left, inner):
            nonlocal chosen
            if not left:
                found.append([self._value(each, inner) for each in wanted])
                return
            for entry in self._entries(self._value(left[0].iter, inner)):
                scope = (*inner, {})
                self._bind(left[0].target, entry, scope)
                for test in left[0].ifs:
                    chosen |= self._all(self._value(test, scope))
                walk(left[1:], scope)

        walk(generators, scopes)
        if len(wanted) == 1:
            return _Value(chosen, parts={place: value for place, (value,) in enumerate(found)})
        if all(_is_key(key) for key, _ in found):
            return _Value(chosen, parts={key.constant: value for key, value in found})
        return _Value(chosen.union(*(self._all(value) for pair in found for value in pair)))

    def _value_call(self, node, scopes):
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        given = [self._value(each, scopes) for each in node.args]
        named = {word.arg: self._value(word.value, scopes) for word in node.keywords}
        if called == "load_results":
            name = given[0] if given else named.get("name", _Value())
            return _Value(frozenset({name.constant if _is_key(name) else "?"}), stored=True)
        names = frozenset().union(*map(self._all, [*given, *named.values()]))
        if called == "claim":
            values = [*given[1:], *named.values()]
            self._claims.append(frozenset().union(*map(self._all, values)))
        if isinstance(node.func, ast.Attribute):
            return self._method(node.func, given, names, scopes)
        function = self._value(node.func, scopes)
        if function.function is None:
            return _Value(names | self._all(function))
        spread = any(isinstance(each, ast.Starred) for each in node.args) or None in named
        return self._call(function, [_Value(names)] * 99 if spread else given, named)

    def _method(self, func, given, names, scopes):
        """Return what calling a method gives, and remember what it puts into its object."""
        held = self._value(func.value, scopes)
        if held.parts is not None and not given and func.attr in ("items", "keys", "values"):
            keys = [_Value(constant=key) for key in held.parts]
            values = [
                replace(value, names=held.names | value.names) for value in held.parts.values()
            ]
            pairs = [_Value(parts={0: k, 1: v}) for k, v in zip(keys, values, strict=True)]
            entries = {"items": pairs, "keys": keys, "values": values}[func.attr]
            return _Value(held.names, parts=dict(enumerate(entries)))
        if func.attr in _ADDING:
            held.names |= names
        return _Value(names | self._all(self._value_attribute(func, scopes)))

    def _call(self, function, given, named):
        """Return what a function of the notebook returns for these arguments."""
        if self._depth > _DEPTH:  # a function that calls itself
            return _Value()
        node, scope = function.function, {}
        accepted = node.args.posonlyargs + node.args.args
        defaults = node.args.defaults
        late = accepted[len(accepted) - len(defaults) :]
        for argument, default in zip(late, defaults, strict=True):
            scope[argument.arg] = self._value(default, function.scopes)
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            scope[argument.arg] = self._value(default, function.scopes) if default else _Value()
        scope.update(zip((argument.arg for argument in accepted), given, strict=False))
        scope.update({name: value for name, value in named.items() if name})
        extra = frozenset().union(*map(self._all, [*given[len(accepted) :], *named.values()]))
        for argument in (node.args.vararg, node.args.kwarg):
            if argument:
                scope[argument.arg] = _Value(extra)
        scopes = (*function.scopes, scope)
        returned, outer, self._yielded = [], self._yielded, []
        self._depth += 1
        if isinstance(node, ast.Lambda):
            returned.append(self._value(node.body, scopes))
        else:
            self._run(node.body, scopes, returned)
        self._depth -= 1
        yielded, self._yielded = self._yielded, outer
        returned += yielded
        if len(returned) == 1:
            return returned[0]
        return _Value(frozenset().union(*map(self._all, returned)))

    def _entries(self, value):
        """Return what a loop over a value binds: its entries, or one for all of them."""
        if value.parts is None or not value.parts or len(value.parts) > _UNROLLED:
            return [_Value(self._all(value))]
        if set(value.parts) == set(range(len(value.parts))):
            return list(value.parts.values())
        return [_Value(constant=key) for key in value.parts]  # a loop over a dictionary

    def _all(self, value, seen=()):
        """Return all results that a value rests on; of a function, those that it reads."""
        if id(value) in seen:
            return frozenset()
        seen = (*seen, id(value))
        held = {**(value.parts or {}), **(value.members or {})}
        names = value.names.union(*(self._all(part, seen) for part in held.values()))
        if value.function is not None and len(seen) < _DEPTH:
            names |= self._all(self._call(value, [], {}), seen)
        return names


def _is_key(value):
    """Say whether a value is a constant that a dictionary can have as a key."""
    return value.constant is not _UNKNOWN


def _sorted(names):
    return tuple(sorted(str(name) for name in names))
