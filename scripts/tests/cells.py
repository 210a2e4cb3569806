"""A page's tables, links and ids, as a reader of HTML finds them."""

import html.parser


class Cells(html.parser.HTMLParser):
    """{(table, row's name): [(data-v or None, text)]} and the links and ids of a page."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.links, self.ids, self.sources = {}, [], [], []
        self.table = self.row = self.cell = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if "id" in a:
            self.ids.append(a["id"])
        self.links += [a["href"]] if tag == "a" and "href" in a else []
        self.sources += [a[k] for k in ("src", "data", "srcset") if k in a] + ([a.get("href")] if tag == "link" else [])
        if tag == "table":
            self.table = a.get("id")
        elif tag == "tr" and {"data-name", "data-latency", "data-weft"} & set(a):
            self.row = self.rows.setdefault((self.table, a.get("data-name") or a.get("data-latency") or (a["data-weft"], a["data-rival"])), [])
        elif tag == "td" and self.row is not None:
            self.cell = [a.get("data-v"), ""]
            self.row.append(self.cell)

    def handle_endtag(self, tag):
        if tag == "td":
            self.cell = None
        elif tag == "tr":
            self.row = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell[1] += data
