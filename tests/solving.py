"""Run the code of a hidden solution; a chapter's kernel imports this, see `chapter_run`."""

import contextlib
import io
import re
from unittest import mock

import dropout_lab.teaching
from dropout_lab.teaching import check

CHECK = re.compile(r'(?:^|`)check\("(\w+)", (\w+)\)(?:`|$)', re.MULTILINE)
PRINTED = re.compile(r"print\(.*\)\s*# ([\[\]\d.\s-]+)$", re.MULTILINE)


def run_solution(code, names):
    """Run the code of a solution with the variables that its chapter leaves behind.

    It prints what its comments say, and passes the checks that it calls.
    """
    names, printed = dict(names), io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        mock.patch.object(dropout_lab.teaching, "check", side_effect=check) as checked,
    ):
        if names.get("check") is check:  # the chapter has imported it
            names["check"] = checked
        exec(compile(code, "solution", "exec"), names)
    for said in PRINTED.findall(code):
        assert " ".join(said.split()) in " ".join(printed.getvalue().split()), said
    assert [call.args[0] for call in checked.mock_calls] == [n for n, _ in CHECK.findall(code)]
    for call in checked.mock_calls:
        assert check(*call.args).passed, check(*call.args)
