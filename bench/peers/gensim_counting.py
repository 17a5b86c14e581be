"""Counts a plain text's words with gensim; prints the seconds. Usage: gensim_counting.py CORPUS"""

import sys
import time

from gensim.models import Word2Vec
from gensim.models.word2vec import LineSentence

model = Word2Vec(min_count=5)
start = time.perf_counter()
model.build_vocab(LineSentence(sys.argv[1]))
print(time.perf_counter() - start)
