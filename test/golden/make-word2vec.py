# Made word2vec-*.{bin,txt} beside it: python3 make-word2vec.py, with gensim 4.2.0 and numpy from Debian.
# The gensim files are gensim's own; the word2vec.c files follow its source byte for byte (fprintf "%s ", fwrite,
# "\n" after a binary row; "%lf " for each float of text).

import struct

import numpy as np
from gensim.models import KeyedVectors

WORDS = ["the", "naïve", "東京", "a.b,c", "🙂"]
ROWS = np.array(
    [
        [0.1, -0.2, 0.3, 1.0],
        [1e-7, -1e-3, 123456.789, 0.0],
        [1 / 3, 2 / 3, -4 / 3, 5 / 3],
        [3.4e38, -1.2e-38, 1e-45, -0.0],
        [-1.5, 2.25, -3.125, 4.0625],
    ],
    dtype=np.float32,
)

kv = KeyedVectors(4)
kv.add_vectors(WORDS, ROWS)
kv.save_word2vec_format("word2vec-gensim.bin", binary=True)
kv.save_word2vec_format("word2vec-gensim.txt", binary=False)

# a word cut inside a character, as word2vec.c cuts at 100 bytes
words = [w.encode() for w in WORDS[:4]] + ["é".encode()[:1] + b"x"]
with open("word2vec-c.bin", "wb") as f:
    f.write(b"5 4\n")
    for word, row in zip(words, ROWS):
        f.write(word + b" " + struct.pack("<4f", *row) + b"\n")
with open("word2vec-c.txt", "wb") as f:
    f.write(b"5 4\n")
    for word, row in zip(words, ROWS):
        f.write(word + b" " + b"".join(b"%f " % x for x in row) + b"\n")
