# Made phrases-gensim.json beside it: python3 make-phrases.py, with gensim 4.2.0 from Debian.
# phrases-word2phrase.txt.gz is what word2phrase.c (of word2vec, as the npm package word2vec 1.1.5 has it) wrote for the
# same lines: head -2000 of demo/sample.txt | word2phrase -min-count 3 -threshold 20.

import gzip
import itertools
import json

from gensim.models.phrases import ENGLISH_CONNECTOR_WORDS, Phrases

with gzip.open("../../demo/sample.txt.gz", "rt") as file:
    sentences = [line.split() for line in itertools.islice(file, 2000)]

CASES = [
    {"min_count": 5, "threshold": 10.0, "scoring": "default"},
    {"min_count": 3, "threshold": 0.5, "scoring": "npmi"},
    {"min_count": 2, "threshold": 5.0, "scoring": "default", "connector_words": sorted(ENGLISH_CONNECTOR_WORDS)},
]
results = []
for case in CASES:
    phrases = Phrases(sentences, delimiter="_", **{**case, "connector_words": frozenset(case.get("connector_words", []))})
    kept = phrases.export_phrases()
    joined = [phrases[sentence] for sentence in sentences[:50]]
    results.append({**case, "phrases": dict(sorted(kept.items())), "joined": [" ".join(tokens) for tokens in joined]})

twice = Phrases(sentences, min_count=3, threshold=10.0)
second = Phrases(twice[sentences], min_count=3, threshold=10.0)
joined = [" ".join(second[twice[sentence]]) for sentence in sentences[:200]]
results.append({"min_count": 3, "threshold": 10.0, "scoring": "default", "passes": 2, "joined": joined})

with open("phrases-gensim.json", "w") as file:
    json.dump(results, file, indent=0)
