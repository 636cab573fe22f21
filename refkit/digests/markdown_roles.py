"""Words before a colon in a row of Markdown (`**Authors:**`, `- Paper: ...`), and words with which READMEs begin."""

from __future__ import annotations

import re

_COLON = r"(?:\([^()]{0,40}\)|\[[^\[\]]{0,40}\])?[\s*_]*[:：]"
_WORDS = {
    "title": "(?:paper |full |english )?title | 标题 | 论文标题 | 题目 | 论文名称?",
    "authors": "authors?(?:\\(s\\)|s['’]? list)? | by | 作者",
    "abstract": """(?:paper )?abstract | summary | tl;?\\s?dr | description | highlights? | key ideas? | ai summary
        | overview | contributions? | 摘要 | 简介 | 概要""",
    "date": """(?:publish(?:ed)?|publication|submitted|submission|updated|release)? ?(?:date|time|on) | published
        | submitted | year | 日期 | 时间 | 发表时间""",
    "paper": """(?:the )?papers?(?: ?(?:link|url|page|pdf|\\d))? | pdf | arxiv(?: ?(?:link|url|id|page))?
        | link(?: to paper)? | links | url | doi | abs | source | openreview | preprint | publication | read | html
        | acl anthology | 论文(?:链接|地址|下载)? | 链接""",
    "aside": """key ?words? | tags? | topics? | venues? | publishers? | conference | journal | published (?:in|at)
        | publication venue | comments? | subjects? | categor(?:y|ies) | primary category | notes?
        | codes?(?: link)? | source codes? | github(?: ?repo)? | official code | repo(?:sitory)? | implementations?
        | project(?: ?page| ?website)? | home ?page | web ?site | web ?page | demo | videos? | slides | poster | talk
        | blog(?: ?post)? | data(?: ?sets?)? | benchmarks? | models? | weights | checkpoints? | env(?:ironments?)?
        | tasks? | metrics? | affiliations? | institut(?:ions?|es?) | organi[sz]ations? | countr(?:y|ies) | citations?
        | cited by | tweet | twitter | thread | supp(?:lementary|lement)? | appendix | backbones? | methods? | results?
        | bibtex | hugging ?face | colab | 关键词 | 代码 | 主页 | 项目(?:主页)? | 数据集 | 解读 | 会议 | 期刊 | 单位
        | 机构 | 中文解读 | demo地址""",
}


def _form(words: str) -> re.Pattern[str]:
    joined = "|".join(re.sub(r"\s*\n\s*", "", word).strip() for word in re.split(r"\s*\|\s(?!\?)", f" {words}"))
    return re.compile(rf"(?i)[\W_]{{0,12}}(?:{joined}){_COLON}\s*")


_ROLES = tuple((_form(words), role) for role, words in _WORDS.items())
# Words with which a sentence of a README begins, and with which one ends whose object is a link.
_README = re.compile(
    r"(?i)(?:please|if you|we|you(?:r)?|this (?:repo\w*|list|page|is|work|project)|our|thanks?|note that|welcome"
    r"|check(?: out)?|feel free|to cite|for (?:more|details|further)|see|here|click|star|subscribe|follow|join"
    r"|contribut\w*|maintain\w*|created by|last updated?|updated on|table of contents|back to|go to|read (?:more|the)"
    r"|more|inspired by|based on|forked|licen[cs]e|download|install\w*|contact|back to top|top|return)\b"
)
_OPEN_END = re.compile(r"(?i)\b(?:our|this|these|their|see|read|visit|following|here|paper|is|check)$")


def role_of(text: str) -> tuple[str, str]:
    """Return what the word before a colon says ("authors", "paper", ...) and the words behind it; or ("", text)."""
    if ":" not in text[:80] and "：" not in text[:80]:
        return "", text
    for form, role in _ROLES:
        found = form.match(text)
        if found:
            return role, text[found.end() :].strip()
    return "", text


def is_readme(text: str) -> bool:
    """Whether a text begins as sentences of a README do."""
    return bool(_README.match(text))


def goes_on_with_link(text: str) -> bool:
    """Whether a text ends with a word that needs the link behind it."""
    return bool(_OPEN_END.search(text))
