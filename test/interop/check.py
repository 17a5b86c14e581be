"""What gensim makes of our files: loads them, writes them anew, and evaluates them. Usage: check.py FOLDER PAIRS ANALOGIES [PAIRS ANALOGIES]"""

import json
import logging
import sys
from pathlib import Path

import numpy as np
from gensim.models import KeyedVectors

folder, *sets = sys.argv[1:]
folder = Path(folder)

binary = KeyedVectors.load_word2vec_format(str(folder / "ours.bin"), binary=True)
text = KeyedVectors.load_word2vec_format(str(folder / "ours.txt"), binary=False)
assert binary.index_to_key == text.index_to_key, "the words of ours.bin and ours.txt differ"
assert np.array_equal(binary.vectors, text.vectors), "the floats of ours.bin and ours.txt differ"
binary.save_word2vec_format(str(folder / "gensim.bin"), binary=True)
binary.save_word2vec_format(str(folder / "gensim.txt"), binary=False)

figures = []
for pairs, analogies in zip(sets[::2], sets[1::2]):
    for limit in (300000, 3000):
        pearson, spearman, _ = binary.evaluate_word_pairs(pairs, restrict_vocab=limit)
        score, sections = binary.evaluate_word_analogies(analogies, restrict_vocab=limit)
        figures.append({
            "pairs": pairs,
            "analogies": analogies,
            "restrictVocabulary": limit,
            "pearson": float(pearson[0]),
            "spearman": float(spearman[0]),
            "accuracy": score,
            "sections": [[len(s["correct"]), len(s["correct"]) + len(s["incorrect"])] for s in sections[:-1]],
        })
neighbours = {word: binary.most_similar(word, topn=5) for word in ("king", "river", "three")}
json.dump({"figures": figures, "neighbours": neighbours}, open(folder / "gensim.json", "w"))
