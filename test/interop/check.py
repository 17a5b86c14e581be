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

# the other formats, by the software that owns them; safetensors by its description, with json and numpy
glove = KeyedVectors.load_word2vec_format(str(folder / "ours.glove"), binary=False, no_header=True)
assert glove.index_to_key == binary.index_to_key and np.array_equal(glove.vectors, binary.vectors), "glove differs"
assert np.array_equal(np.load(folder / "ours.npy"), binary.vectors), "npy differs"
assert (folder / "ours.words.txt").read_text().split("\n")[:-1] == binary.index_to_key, "the words of npy differ"
assert np.array_equal(np.loadtxt(folder / "ours.tsv", delimiter="\t", dtype=np.float32), binary.vectors), "tsv differs"
document = json.loads((folder / "ours.json").read_text())
assert document["words"] == binary.index_to_key, "the words of json differ"
assert np.array_equal(np.array(document["vectors"], dtype=np.float32), binary.vectors), "json differs"


def tensors(name):
    data = (folder / name).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    types = {"F32": np.float32, "F16": np.float16, "I8": np.int8, "U8": np.uint8}
    found = {}
    for tensor, entry in header.items():
        if tensor == "__metadata__":
            continue
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        found[tensor] = np.frombuffer(data[start:end], dtype=types[entry["dtype"]]).reshape(entry["shape"])
    assert found["words"].tobytes().decode().split("\n") == binary.index_to_key, f"the words of {name} differ"
    return found


assert np.array_equal(tensors("ours.safetensors")["vectors"], binary.vectors), "safetensors differs"
assert np.array_equal(tensors("ours-f16.safetensors")["vectors"], binary.vectors.astype(np.float16)), "f16 differs"
small = tensors("ours-i8.safetensors")
step = np.abs(binary.vectors).max(axis=1, keepdims=True) / 127
assert np.abs(small["vectors"] * small["scales"][:, None] - binary.vectors).max() <= step.max() * 0.501, "i8 differs"
print("numpy and gensim read npy, glove, tsv, json, safetensors (F32, F16, I8): the same floats")

binary.save_word2vec_format(str(folder / "gensim.glove"), binary=False, write_header=False)
np.save(folder / "numpy.npy", binary.vectors.astype(np.float64))
(folder / "numpy.words.txt").write_text("".join(f"{word}\n" for word in binary.index_to_key))

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
queries = {
    "nSimilarity": float(binary.n_similarity(["king", "queen"], ["river", "lake", "sea"])),
    "rank": int(binary.rank("king", "river")),
    "closerThan": binary.closer_than("king", "emperor"),
    "relativeCosineSimilarity": float(binary.relative_cosine_similarity("king", "queen", 10)),
    "cosmul": binary.most_similar_cosmul(positive=["woman", "king"], negative=["man"], topn=5),
    "distances": [float(x) for x in binary.distances("king", ["queen", "river", "three"])],
}
json.dump({"figures": figures, "neighbours": neighbours, "queries": queries}, open(folder / "gensim.json", "w"))
