"""Median milliseconds of gensim's most_similar over a file of vectors. Usage: gensim_queries.py VECTORS QUERIES"""

import statistics
import sys
import time

from gensim.models import KeyedVectors

vectors = KeyedVectors.load_word2vec_format(sys.argv[1], binary=True)
times = []
for i in range(-3, int(sys.argv[2])):
    word = f"w{(i * 7919) % len(vectors)}"
    start = time.perf_counter()
    vectors.most_similar(word, topn=10)
    if i >= 0:
        times.append((time.perf_counter() - start) * 1000)
print(statistics.median(times))
