"""Citations in TeX: every command that cites, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refkit.writers.tex_citations import citations, inputs, noted, renamed, visible


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (r"\cite{a}", ["a"]),
        (r"\citep*[see][p.~12]{a, b ,c}", ["a", "b", "c"]),
        (r"\textcite [12] {a}", ["a"]),
        (r"\autocite[\emph{x}]{a}", ["a"]),
        (r"\cites(see)(also)[1]{a}[2][3]{b}{c} {d}", ["a", "b", "c", "d"]),
        (r"\parencites{a}{b}", ["a", "b"]),
        (r"\cite{a}{b}", ["a"]),
        (r"\Citeauthor{a} \citeyearpar{b} \fullcite{c} \footcite{d} \bibentry{e}", ["a", "b", "c", "d", "e"]),
        (r"\citeA<see>[1]{a}", ["a"]),
        (r"\nocite{*} \nocite{a}", ["a"]),
        (r"\citestyle{plain} \DeclareCiteCommand{\x}{a}{b} \setcitestyle{round} \cite{b}", ["b"]),
        ("% \\cite{a}\n\\cite{b} 100\\% \\cite{c} \\\\% \\cite{d}\n", ["b", "c"]),
        (r"\begin{verbatim}\cite{a}\end{verbatim}\verb|\cite{b}| \begin{lstlisting}\cite{c}\end{lstlisting}", []),
        ("\\cite{a,\n  b}", ["a", "b"]),
        (r"\newcommand{\mycite}[1]{\cite{#1}}\mycite{a}", ["#1", "a"]),
        (r"\url{http://x.org/a%20b} \cite{a} \href{http://x.org/%20}{\cite{b}} \path{c%d}\cite{c}", ["a", "b", "c"]),
        (r"\volcite[see]{2}[12]{a} \pvolcite{3}{b} \volcites{1}{c}[p]{2}{d}", ["a", "b", "c", "d"]),
        (r"\textcquote[12]{a}{x} \blockcquote{b}{x} \foreigntextcquote{german}[1]{c}{x}", ["a", "b", "c"]),
        (r"\begin{displaycquote}[12]{a}x\end{displaycquote} \addtocategory{own}{b,c}", ["a", "b", "c"]),
        (r"\lstinline[language=C]{\cite{a}} \mintinline{tex}|\cite{b}| \lstinline{\cite{c}}", []),
        (r"\cite[see {a}", []),
        (r"\cite[see] x {a}", []),
        (r"\cite[{]}]{a} \cite<{>}>[[x]]{b} \cites({)})[(]{c}", ["a", "b", "c"]),
        (r"\cite(a){b} \citep(x)", []),
        (r"\cites(a)(b){c}", ["c"]),
        (r"\cite{a{b}} \cite{a\b} \cite{{a}} \cite{\a}", []),
        (r"\cites{a}{b{c}}{d}", ["a"]),
        (r"\cite{} \cite{ , ,a,,} \cite{*,b}", ["a", "b"]),
        (r"\volcite{2}", []),
        (r"\Volcite{2}{a} \Volcites{2}{b}{3}{c}{4}", ["a", "b", "c"]),
        (
            r"\foreignblockcquote{german}{a}{x} \hyphenblockcquote{german}{b}{x} \hybridblockcquote{german}{c}{x}",
            ["a", "b", "c"],
        ),
        (r"\begin {foreigndisplaycquote}{german}{b}", ["b"]),
        (r"\cite" + "\n\t" + r"[x]" + "\n" + r"{a}", ["a"]),
        (r"\cite[" + "x" * 1_998 + r"]{a}", ["a"]),
        (r"\cite[" + "x" * 1_999 + r"]{a}", []),
        (r"\cite", []),
        (r"\cite{a", []),
        (r"{x} \cites{a", []),
    ],
)
def test_what_is_cited(text: str, keys: list[str]) -> None:
    assert [each.key for each in citations(text)] == keys


@pytest.mark.parametrize(
    "name",
    [
        "citestyle", "citesetup", "citereset", "citename", "citedash", "citepunct", "citeleft", "citeright", "citemid",
        "citenumfont", "citeform", "setcitestyle", "DeclareCiteCommand", "newcitecommand", "citecolor",
        "citetrackerfalse", "citetrackertrue", "bibcite", "citation", "ci", "begin", "textquote",
    ],
)  # fmt: skip
def test_commands_about_citing_cite_nothing(name: str) -> None:
    assert not list(citations(f"\\{name}{{a}}{{b}}"))
    assert renamed(f"\\{name}{{a}}{{b}}", {"a": "x", "b": "x"}) == f"\\{name}{{a}}{{b}}"


@pytest.mark.parametrize(
    ("hidden", "rest"),
    [
        *[(f"\\begin{{{name}}}\\cite{{a}}\n%\\end{{{name}}}", "\\cite{b}") for name in (
            "verbatim", "verbatim*", "Verbatim", "lstlisting", "minted", "comment", "filecontents", "filecontents*",
        )],
        ("\\begin{verbatim}\\cite{a}\\end{comment}\\cite{b}\\end{verbatim}", "\\cite{c}"),
        ("% \\cite{a}", "\n\\cite{b}"),
        ("\\\\% \\cite{a}", "\n\\cite{b}"),
        ("\\\\\\\\%\\cite{a}", "\n\\cite{b}"),
        ("", "\\% \\cite{b}"),
        ("", "\\\\\\% \\cite{b}"),
        ("\\verb|\\cite{a}|", "\\cite{b}"),
        ("\\verb*+\\cite{a}+", "\\cite{b}"),
        ("\\lstinline!\\cite{a}!", "\\cite{b}"),
        ("\\mintinline {tex}!\\cite{a}!", "\\cite{b}"),
        ("\\mintinline{tex}{\\cite{a}}", "\\cite{b}"),
        ("\\lstinline[a]{{x} \\cite{a}}", "\\cite{b}"),
        ("", "\\verb|x\n\\cite{b}|"),
        ("\\url{a%b}", "\\cite{b}"),
        ("\\nolinkurl {a%b}", "\\cite{b}"),
        ("\\href{a%b}", "{\\cite{b}}"),
        ("\\path{a%b}", "\\cite{b}"),
    ],
)  # fmt: skip
def test_comments_and_verbatim_text_are_blanks_and_all_else_is_as_it_was(hidden: str, rest: str) -> None:
    blanks = "".join("\n" if char == "\n" else " " for char in hidden)
    assert visible(f"x{hidden}{rest}") == f"x{blanks}{rest}"
    assert [each.key for each in citations(hidden + rest)] == (["c"] if "{c}" in rest else ["b"])


def test_a_citation_tells_its_place_and_its_line() -> None:
    text = "x\n\\cite{a,\nbb}\n%\n\\textcite[1]{c}"
    assert [(each.key, each.line) for each in citations(text)] == [("a", 2), ("bb", 3), ("c", 5)]
    assert all(text[each.start : each.end] == each.key for each in citations(text))
    aux = "\\relax\n\\citation{a,bb}"
    assert [(each.key, each.line, aux[each.start : each.end]) for each in noted(aux)] == [
        ("a", 2, "a"),
        ("bb", 2, "bb"),
    ]


def test_only_the_keys_change() -> None:
    text = "\\cite[a]{a, ab} a % \\cite{a}\n\\textcite{a}"
    assert renamed(text, {"a": "new"}) == "\\cite[a]{new, ab} a % \\cite{a}\n\\textcite{new}"
    assert [each.line for each in citations(text)] == [1, 1, 2]


def test_keys_are_found_whatever_their_case_as_bibtex_does() -> None:
    assert renamed("\\cite{OLD, old, Older}", {"Old": "new"}) == "\\cite{new, new, Older}"


def test_files_that_are_read_in() -> None:
    assert inputs("\\input{intro}\n\\include{sec/two} % \\input{no}\n\\input three ") == ["intro", "sec/two", "three"]
    assert inputs("\\import{sec/}{four}\\subimport{a}{b}\\@input{five.aux}") == ["sec//four", "a/b", "five.aux"]
    assert inputs("\\subfile{a}\\@input {b}\\inputfrom*{ x }{ y }\\subincludefrom{z}{w}") == ["a", "b", "x/y", "z/w"]
    assert inputs('\\input "a b"\\input{ "c d" }\\include{ e }') == ["a", "c d", "e"]
    assert inputs("\\includegraphics{a}\\includeonly{b}\\input") == []
    assert inputs("\\newcommand{\\get}[1]{\\input{#1}}\\input{\\folder/x}") == []


def test_what_latex_noted() -> None:
    aux = "\\citation{a,b}\n\\citation{*}\n\\abx@aux@cite{0}{c}\n\\bibcite{d}{1}\n"
    assert [(each.key, each.line) for each in noted(aux)] == [("a", 1), ("b", 1), ("c", 3)]


@given(st.text(alphabet="\\cite{}[]()ab,%\n*", max_size=60))
def test_nothing_but_keys_ever_changes(text: str) -> None:
    assert renamed(text, {}) == text
    assert len(visible(text)) == len(text)
    back = renamed(renamed(text, {"a": "zz"}), {"zz": "a"})
    assert back == text
