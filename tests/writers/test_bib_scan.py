"""What the text of a .bib file is read as: which blocks there are, where they stand, and what is wrong with them."""

from __future__ import annotations

import pytest

from refkit.writers.bib_scan import Block, scan

DEEP = "{{{{{{{deep}}}}}}}"
LONG = "k" * 500
END = "a comma or the end of the entry is missing behind the value of `title`"
STRAY = "a closing brace stands here that closes nothing"


def seen(text: str) -> list[tuple[str, str]]:
    return [(block.kind, block.raw) for block in scan(text)]


def values(block: Block) -> list[tuple[str, str]]:
    return [(field.name, field.value) for field in block.fields]


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        (f"title = {DEEP}, year = 2000", [("title", DEEP), ("year", "2000")]),
        (f"title={DEEP}#a, year=2000", [("title", DEEP + "#a"), ("year", "2000")]),
        (f'title = a # {DEEP} # "x" , year = 2000', [("title", f'a # {DEEP} # "x"'), ("year", "2000")]),
        (f"title = {DEEP} # % a # b\n\n a, year = 2000", [("title", f"{DEEP} # % a # b\n\n a"), ("year", "2000")]),
        (f'title = "a {DEEP} b {DEEP} c", year = 2000', [("title", f'"a {DEEP} b {DEEP} c"'), ("year", "2000")]),
        (f'title = "{DEEP}""x"', []),
        (f'title = "{DEEP} {{"}}", year = 2000', [("title", f'"{DEEP} {{"}}"'), ("year", "2000")]),
        (f"a={DEEP},b={DEEP}", [("a", DEEP), ("b", DEEP)]),
        (f"a={DEEP} % x,\n,,\n % y\n b={DEEP},", [("a", DEEP), ("b", DEEP)]),
        ('a={x} # "y" # z, b="x{"}y", C = 1', [("a", '{x} # "y" # z'), ("b", '"x{"}y"'), ("C", "1")]),
        ("a % n\n = % {v}\n {x} % }\n , b = 1", [("a", "{x}"), ("b", "1")]),
        ('a = {%}, b = {\\}, c = "\\", d-e = 1:2, f.g = x\\y', [
            ("a", "{%}"), ("b", "{\\}"), ("c", '"\\"'), ("d-e", "1:2"), ("f.g", "x\\y"),
        ]),
        ("", []),
        (",", []),
        (",,a={x},,b={y},,", [("a", "{x}"), ("b", "{y}")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("start", "end"), ["{}", "()"])
def test_values_are_read_to_their_end_however_they_are_written(
    written: str, fields: list[tuple[str, str]], start: str, end: str
) -> None:
    text = f"@misc{start}key,{written}{end}\n@book{{b}}"
    [first, *_, last] = scan(text)
    if fields or not written.strip(","):
        assert (first.kind, first.key, first.problem) == ("entry", "key", "")
        assert first.raw == text.removesuffix("\n@book{b}")
    assert values(first)[: len(fields)] == fields
    assert (last.kind, last.key) == ("entry", "b")
    for field in first.fields:
        assert text[field.start :].startswith(field.name)
        assert text[field.value_start : field.value_end] == field.value
        assert field.end == field.value_end


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("@misc{a}", "a"),
        ("@misc{ a b \n, title = {x}}", "a b"),
        ("@misc{a(1), title = {x}}", "a(1)"),
        ("@ misc\n{ doi:10.1/x_y, title = {x}}", "doi:10.1/x_y"),
        ("@misc{}", ""),
        ("@misc{,}", ""),
        ("@misc{title = {x}}", ""),
        ("@misc{ , title = {x}}", ""),
        ("@string{a = {x}}", ""),
    ],
)
def test_the_key_and_its_place(text: str, key: str) -> None:
    [block] = scan(text)
    assert (block.key, text[block.key_start : block.key_end], block.raw) == (key, key, text)
    assert block.kind in ("entry", "string")


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ('@misc{a}@comment{b}@misc{c} @preamble{"d"}', [
            ("entry", "@misc{a}"), ("comment", "@comment{b}"), ("entry", "@misc{c}"), ("text", " "),
            ("preamble", '@preamble{"d"}'),
        ]),
        ("x@misc{a}y", [("text", "x"), ("entry", "@misc{a}"), ("text", "y")]),
        ("x @misc{a, title = {x}", [("text", "x @misc{a, title = {x}")]),
        ("x @comment{a @misc{b}}", [("text", "x @comment{a "), ("entry", "@misc{b}"), ("text", "}")]),
        ("x @preamble{a}", [("text", "x @preamble{a}")]),
        ("% @misc{a}\r@misc{b}\r", [("text", "% @misc{a}\r"), ("entry", "@misc{b}"), ("text", "\r")]),
        ("@misc{a} % @misc{b}\n@misc{c}", [("entry", "@misc{a}"), ("text", " % @misc{b}\n"), ("entry", "@misc{c}")]),
        ("%\n@misc{a}", [("text", "%\n"), ("entry", "@misc{a}")]),
        ("\ufeff @comment{@misc{a}}", [("text", "\ufeff "), ("comment", "@comment{@misc{a}}")]),
        ("@comment{ x\n@misc{a}", [("comment", "@comment{ x"), ("text", "\n"), ("entry", "@misc{a}")]),
        ("@comment{ x\r@misc{a}", [("comment", "@comment{ x"), ("text", "\r"), ("entry", "@misc{a}")]),
        ("@comment(x)@misc{a}", [("comment", "@comment(x)@misc{a}")]),
        ("@comment{ x", [("comment", "@comment{ x")]),
        ("@misc(a, b = {)})x", [("entry", "@misc(a, b = {)})"), ("text", "x")]),
        ("@misc{a, b = {x}}\n}\n@misc{c}", [
            ("entry", "@misc{a, b = {x}}"), ("text", "\n}\n"), ("entry", "@misc{c}"),
        ]),
        ("me@host @1{a} @misc [a] @ {x", [("text", "me@host @1{a} @misc [a] @ {x")]),
        ("", []),
    ],
)  # fmt: skip
def test_which_blocks_a_text_has(text: str, blocks: list[tuple[str, str]]) -> None:
    assert seen(text) == blocks


@pytest.mark.parametrize(
    ("text", "raw", "key", "problem", "fields"),
    [
        ("@misc{a, title = {x}) x\n", "@misc{a, title = {x}) x", "a", f"line 1: {END}", ["title"]),
        ("@misc{a, title = {x}\n@misc{b}", "@misc{a, title = {x}", "a", f"line 1: {END}", ["title"]),
        (f"@misc{{a, title = {DEEP} year = 1}}x", f"@misc{{a, title = {DEEP} year = 1}}", "a", f"line 1: {END}",
         ["title", "year"]),
        (f"@misc(a, title = {DEEP} }})\n@misc(b)", f"@misc(a, title = {DEEP} }})", "a", f"line 1: {END}", ["title"]),
        (f"@misc{{a, title = {DEEP}", f"@misc{{a, title = {DEEP}", "a", f"line 1: {END}", ["title"]),
        (f"@misc{{a, title = {DEEP}, = x}}", f"@misc{{a, title = {DEEP}, = x}}", "a",
         "line 1: a field like `name = {value}` should stand here, not '='", ["title"]),
        ("@misc{a,\n title = {x},\n 1 2 3}", "@misc{a,\n title = {x},\n 1 2 3}", "a",
         "line 3: a field like `name = {value}` should stand here, not '1'", ["title"]),
        ("@misc{a,\r title = {x},\r", "@misc{a,\r title = {x},", "a",
         "line 3: the text ends before the entry is closed", ["title"]),
        ('@misc{a, title = "{x} } y", b = 1}', '@misc{a, title = "{x} }', "a",
         "line 1: the quote that opens the value of `title` is never closed", []),
        ('@misc{a, title = "{x", b = 1}', '@misc{a, title = "{x", b = 1}', "a",
         "line 1: the quote that opens the value of `title` is never closed", []),
        ("@misc{a, title = {x} # , b = 1}", "@misc{a, title = {x} # , b = 1}", "a",
         "line 1: `title` has no value", []),
        ("@misc{a, title = {x} # {y, b = 1", "@misc{a, title = {x} # {y, b = 1", "a",
         "line 1: the brace that opens the value of `title` is never closed", []),
        ("@misc{a b\nc d, title}", "@misc{a b\nc d, title}", "",
         "line 2: a field like `name = {value}` should stand here, not 'title}'", []),
        ("@misc{a b\rc d, title}", "@misc{a b\rc d, title}", "",
         "line 2: a field like `name = {value}` should stand here, not 'title}'", []),
        (f"@misc{{{LONG}, title}}", f"@misc{{{LONG}, title}}", LONG,
         "line 1: a field like `name = {value}` should stand here, not 'title}'", []),
        (f"@misc{{{LONG}k, title}}", f"@misc{{{LONG}k, title}}", "",
         "line 1: a field like `name = {value}` should stand here, not 'title}'", []),
        ("@misc{a title = {x}}", "@misc{a title = {x}}", "",
         "line 1: a field like `name = {value}` should stand here, not 'a'", []),
        ("@preamble{ \n x\n\n", "@preamble{ \n x", "", "line 1: the brace that opens here is never closed", []),
        ("@preamble{\n\n", "@preamble{", "", "line 1: the brace that opens here is never closed", []),
        ("\n\n@misc(a, b\n", "@misc(a, b", "a", "line 3: a field like `name = {value}` should stand here, not 'b'", []),
        ("@string{a", "@string{a", "", "line 1: a field like `name = {value}` should stand here, not 'a'", []),
        ("@misc(a, title = {x} y} z)\n@misc{b}", "@misc(a, title = {x} y} z)", "a", f"line 1: {END}", ["title"]),
        ("@misc(a, title = {x} y\n\n @misc{b}", "@misc(a, title = {x} y", "a", f"line 1: {END}", ["title"]),
    ],
)  # fmt: skip
def test_a_broken_block_says_what_is_wrong_and_ends_where_the_next_begins(
    text: str, raw: str, key: str, problem: str, fields: list[str]
) -> None:
    block = next(each for each in scan(text) if each.kind != "text")
    assert block.kind == "broken"
    assert block.type in ("misc", "string", "preamble")
    assert raw.startswith(f"@{block.type}")
    assert (block.raw, block.key, block.problem) == (raw, key, problem)
    assert [field.name for field in block.fields][: len(fields)] == fields
    assert "".join(each.raw for each in scan(text)) == text


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        (r"a = {\{ x}, b = {y}", [("a", r"{\{ x}"), ("b", "{y}")]),
        ("a = {\\{ x}, b = {y\\\nz},, c = 1 % {\n", [("a", "{\\{ x}"), ("b", "{y\\\nz}"), ("c", "1")]),
        (r'a = {\{} # "\"" # s, b = "{\"}"', [("a", r'{\{} # "\"" # s'), ("b", r'"{\"}"')]),
        (r'a = "x \" y", b = {{\{}}', [("a", r'"x \" y"'), ("b", r"{{\{}}")]),
        ("a = {\\{ {\n}}, b={\\\\}", [("a", "{\\{ {\n}}"), ("b", "{\\\\}")]),
        (r"a = {\{}", [("a", r"{\{}")]),
    ],
)
@pytest.mark.parametrize(("start", "end"), ["{}", "()"])
def test_an_entry_that_makes_sense_to_tex_alone_is_read_as_tex_reads_it(
    written: str, fields: list[tuple[str, str]], start: str, end: str
) -> None:
    block, *_, last = scan(f"@misc{start}key, {written}{end}\n@book{{b}}")
    assert (block.kind, block.key, block.raw) == ("entry", "key", f"@misc{start}key, {written}{end}")
    assert block.problem == "a backslash stands before a brace or quote that BibTeX counts, and it has no partner"
    assert values(block) == fields
    assert (last.kind, last.key, last.problem) == ("entry", "b", "")


def test_only_at_the_start_of_a_line_is_that_tried() -> None:
    assert seen("x @misc{a, t = {\\{}}\n") == [("text", "x @misc{a, t = {\\{}}\n")]


def test_a_field_is_found_by_any_of_its_names_in_any_case() -> None:
    [block] = scan("@misc{a, Title = {x}, TITLE = {y}, year = 1}")
    assert [block.find("title"), block.find("date", "year"), block.find("date")] == [
        block.fields[0],
        block.fields[2],
        None,
    ]
    [text, comment, preamble] = scan("a = {x}\n@comment{a = {x}}@preamble{a = {x}}")
    assert text.fields == comment.fields == preamble.fields == ()
    assert [text.type, comment.type, preamble.type] == ["", "comment", "preamble"]
    for block in (text, comment, preamble):
        assert (block.key, block.key_start, block.key_end) == ("", 0, 0)


def test_a_text_between_tells_of_a_brace_that_closes_nothing_unless_it_is_a_comment() -> None:
    for text, problem in [
        ("a } b", STRAY),
        ("% }\n", ""),
        ("% {\n}", STRAY),
        ("a % }\nb", ""),
        ("a\r\n} % ", STRAY),
        ("% x\ry}", STRAY),
        ("% }\r", ""),
    ]:
        assert [block.problem for block in scan(text)] == [problem]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_by_the_line_ends_of_the_file(end: str) -> None:
    text = end.join(["x", "@misc{a,", " b = {c}", "}", "y", "", "@comment{", "}@preamble{z}", "@misc{d, e = }", "w"])
    assert [(block.kind, block.line) for block in scan(text)] == [
        ("text", 1), ("entry", 2), ("text", 4), ("comment", 7), ("preamble", 8), ("text", 8), ("broken", 9),
        ("text", 9),
    ]  # fmt: skip
    assert scan(text)[-2].problem == "line 9: `e` has no value"


def test_the_type_is_in_small_letters_and_the_word_that_should_be_a_field_is_named() -> None:
    [block] = scan("@InProceedings{a, " + "y" * 30 + " z}")
    assert block.type == "inproceedings"
    assert block.problem == f"line 1: a field like `name = {{value}}` should stand here, not '{'y' * 20}'"
