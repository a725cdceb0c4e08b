"""Texts that people read use plain words and the terms of the glossary (docs/architecture.md).

Checked are the documentation, rules, templates, worlds, and the messages in C sources (string literals with a space). Code in
backquotes, fenced code, placeholders and SQL are not checked: names of tables, members, options and files are not words.
"""

import re

from house import TOKEN, finish, line_of, root_argument

# What must not be written: (pattern, what to write instead). A space matches any white space.
BANNED = [
    (r"anew", "again"),
    (r"mend(s|ed|ing)?", "repair"),
    (r"whom|whose wish|who asks", "rewrite the sentence"),
    (r"shall", "must"),
    (r"(?<!there\s)(is|are|was|were) no(?= (?!longer|more|older|newer|higher|lower|less|earlier|later|greater))", "is not a"),
    (r"wants? to be", "must be"),
    (r"gaps?", "collection error"),
    (r"unseen|could not be seen|was not seen", "could not be read"),
    (r"held back", "deferred"),
    (r"lanes?", "concurrency group"),
    (r"judg(e|es|ed|ing|ement|ements)", "evaluate, evaluation"),
    (r"verdict on", "result of"),
    (r"facts?", "API call, value"),
    (r"already true", "done"),
    (r"apply [^.]{1,60} anew", "reset"),
    (r"in a circle", "dependency cycle"),
    (r"mut(e|es|ing)", "waive"),
    (r"sums?", "checksum"),
    (r"floors?|garden|front door|the rooms?|a room|the house|keeps? house", "module, layer, public header"),
    (r"nameless|hearsay|a stranger", "unknown"),
    (r"(is|are|was|were|be|been) told", "is reported"),
    (r"(unless|if|when|as) (told|said|asked)", "unless an option says otherwise"),
    (r"(is|are) looked (at|for|up|into)", "is read"),
    (r"beats|outranks?", "takes precedence over"),
    (r"lies? (in|on|at|outside|below|above|under|beside|there|here)", "is in"),
    (r"stands? (in|on|for|there|here|still|below|above|beside|at)", "is in, means"),
    (r"as it (should|shall) be|as (is )?wanted", "as configured"),
    (r"draws?|drawn", "write, build"),
    (r"of one's own|of its own accord|of their own accord", "dedicated, own"),
    (r"beside", "next to, except"),
    (r"goes? on|went on|going on", "continue"),
    (r"is (done|over) with", "is finished"),
    (r"nothing is said|says nothing|is silent", "nothing is reported"),
    (r"thrice|hence|thereof|therein|wherein|whence|hither|lest|nor is|nor are", "use a plain word"),
    (r"misspelt|learnt|spelt", "misspelled, learned, spelled"),
    (r"\w*(colour|behaviour|honour|favour|licence|catalogue)\w*", "US spelling"),
    (r"(normal|organ|recogn|author|initial|summar|synchron|minim|optim)is(e|es|ed|ing|ation|ations)", "US spelling"),
    (r"analys(e|ed|es|ing)|practis(e|ed|es|ing)|judgements?|enrol|enrols|enrolment", "US spelling"),
]
PATTERNS = [
    (re.compile(r"(?<![\w./$-])(?:" + words.replace(" ", r"\s+") + r")(?![\w/-]|\.\w)", re.IGNORECASE), instead)
    for words, instead in BANNED
]

# Where a banned word is right: (path, text, reason).
ALLOWED = [
    (r"src/cli/cmd_rules_new\.c", r"gap", "a member of fixtures"),
    (r"src/workflow/fix_state\.c", r"held back", "a status value"),
    (r"src/apply/changes\.c", r"already true", "a status value"),
    (r"src/report/xlsx/.*", r"Judged|JUDGED|facts", "names of columns and a value of the workbook"),
    (r"docs/.*|README.md|CONTRIBUTING.md", r"analyses", "plural of the noun analysis"),
    (r"templates/report\.xslt", r"facts", "the name of an element"),
    (r"docs/schemas/report\.schema\.json", r"held back|facts", "a status value and the name of a table"),
]

FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`[^`\n]+`|\]\([^)\s]+\)|\{[^{}\n]*\}|https?://\S+|^    .*$", re.MULTILINE)
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|FROM|WHERE|VALUES|ORDER BY)\b")


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def markdown(text):
    return INLINE.sub(blank, FENCE.sub(blank, text))


def man(text):
    """Without requests that name options and arguments: .It Fl x, .Cm, .Pa, .Li."""
    return re.sub(r"^\.(?!Nd|Ss|Sh).*$", blank, text, flags=re.MULTILINE)


def yaml(text):
    """Without remedies' commands (fix) and without lines that hold expressions."""
    text = re.sub(r"^fix:.*\n(?:[ ]+.*\n)*", blank, text, flags=re.MULTILINE)
    text = re.sub(r"^(?:id|needs|when|only_if|manual_if|assert|scope|remedy|compliance|rule):.*\n(?:[ ]+[-{a].*\n)*", blank, text, flags=re.MULTILINE)
    return INLINE.sub(blank, re.sub(r"\b(document|context|observed|field):[ ]*[{].*$|\w+:(?=[ ])", blank, text, flags=re.MULTILINE))


def comments(text):
    return re.sub(r"^[^#\n]*", blank, text, flags=re.MULTILINE)


def xml(text):
    """The texts between tags, and those that a template is called with."""
    text = re.sub(r"<script.*?</script>|<xsl:variable.*?/>|test=\"[^\"]*\"|contains\('[^']*'", blank, text, flags=re.DOTALL)
    return re.sub(r"<[^>]*>", blank, text)


def descriptions(text):
    """Of a JSON schema: the values of description and title."""
    pattern = r'"(?:description|title)":\s*"((?:[^"\\]|\\.)*)"'
    return "".join(piece if keep else re.sub(r"[^\n]", " ", piece) for keep, piece in split(text, pattern))


def messages(text):
    """String literals with a space, adjacent ones joined; no SQL."""
    pieces = [" " if c != "\n" else c for c in text]
    group = []

    def flush():
        words = " ".join(value for _, value in group)
        if " " in words.strip() and not SQL.search(words):
            for start, value in group:
                pieces[start : start + len(value)] = value
        group.clear()

    end = 0
    for match in TOKEN.finditer(text):
        if match[0].startswith('"'):
            if group and text[end : match.start()].strip():
                flush()
            group.append((match.start() + 1, match[0][1:-1].replace("\\n", "  ")))
            end = match.end()
    flush()
    return "".join(pieces)


def split(text, pattern):
    """(is it the group of a match, piece) of a whole text, in order."""
    at = 0
    for match in re.finditer(pattern, text):
        yield False, text[at : match.start(1)]
        yield True, match[1]
        at = match.end(1)
    yield False, text[at:]


SCOPES = [
    ("*.md", markdown),
    ("docs/**/*.md", markdown),
    ("docs/*.1", man),
    ("docs/schemas/*.json", descriptions),
    ("docs/examples/**/*.yaml", yaml),
    ("rules/**/*.yaml", yaml),
    ("templates/*.xslt", xml),
    ("templates/*.yaml", comments),
    ("fixtures/**/*.yaml", comments),
    ("src/**/*.[ch]", messages),
]


def main():
    root = root_argument()
    complaints = []
    looked_at = 0
    for pattern, extract in SCOPES:
        for path in sorted(root.glob(pattern)):
            where = path.relative_to(root).as_posix()
            text = extract(path.read_text(encoding="utf-8"))
            looked_at += 1
            for words, instead in PATTERNS:
                for match in words.finditer(text):
                    found = " ".join(match[0].split())
                    if any(re.fullmatch(p, where) and re.fullmatch(t, found) for p, t, _ in ALLOWED):
                        continue
                    complaints.append(f"{where}:{line_of(text, match.start())}: \"{found}\": {instead}")
    finish("words", looked_at, complaints)


main()
