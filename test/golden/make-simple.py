# Made simple-preprocess.json beside it: python3 make-simple.py FOLDER, with gensim 4.2.0 from Debian and the folder of the
# Universal Declaration of Human Rights (public domain; nltk_data udhr2) in German, Arabic, Chinese and Japanese.

import json
import sys

from gensim.utils import simple_preprocess

cases = []
for language in ["de", "ar", "zh", "ja"]:
    with open(f"{sys.argv[1]}/{language}-udhr.txt", encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip()][:12]
    cases += [{"language": language, "line": line} for line in lines]
own = ["Don't stop_now: 3rd try, naïve CAFÉ x² ½ _hidden Ⅻ 12th Istanbul STRASSE Straße a bb " + "l" * 15 + " " + "m" * 16]
cases += [{"language": "en", "line": line} for line in own]
for case in cases:
    case["tokens"] = simple_preprocess(case["line"])
    case["plain"] = simple_preprocess(case["line"], deacc=True, min_len=1, max_len=40)
with open("simple-preprocess.json", "w") as file:
    json.dump(cases, file, ensure_ascii=False, indent=0)
