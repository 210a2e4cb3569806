"""The conformance battery is whole: each item has a case, each case says where its rule comes from, each twin is there."""

import glob
import os
import re
import unittest

import lib

HERE = os.path.join(lib.ROOT, "conformance")
HEAD = ("Source:", "Goal", "ethod:", "Expected:")


def read(path):
    with open(path, encoding="utf-8") as text:
        return text.read()


def sources(pattern):
    return {os.path.basename(path): read(path) for path in sorted(glob.glob(os.path.join(HERE, pattern)))}


class Battery(unittest.TestCase):
    def test_every_item_has_a_case(self):
        text = "".join(sources("spec/*.c").values()) + "".join(sources("harness/units.c").values())
        found = set(re.findall(r'"(B\d\d)"', text))
        found |= set(re.findall(r"^ \* Item: +(B\d\d)$", "".join(sources("unit/*.c").values()), re.MULTILINE))
        self.assertEqual(sorted(found), ["B%02d" % n for n in range(1, 78)])

    def test_every_item_has_a_title(self):
        titles = re.findall(r'^    "(.+)",$', read(os.path.join(HERE, "harness", "items.c")), re.MULTILINE)
        self.assertEqual(len(titles), 77)

    def test_every_rule_says_where_it_comes_from(self):
        for name, text in sources("spec/*.c").items():
            head = text.split("*/", 2)[1]  # behind the licence
            missing = [word for word in HEAD if word not in head]
            self.assertEqual(missing, [], name)

    def test_every_twin_is_there(self):
        twins = set(re.findall(r'"([a-z0-9_]+)"', "".join(sources("go/*.go").values())))
        for name, text in sources("spec/*.c").items():
            for twin in re.findall(r'\.twin = "([a-z0-9_]+)"', text):
                self.assertIn(twin, twins, name)


if __name__ == "__main__":
    unittest.main()
