"""Trains with gensim; prints one JSON document: seconds of training alone, raw words, words per second."""

import argparse
import json
import time

from gensim import __version__
from gensim.models import Word2Vec

parser = argparse.ArgumentParser()
parser.add_argument("corpus")
parser.add_argument("output")
parser.add_argument("--sg", type=int, default=1)
parser.add_argument("--hs", type=int, default=0)
parser.add_argument("--negative", type=int, default=5)
parser.add_argument("--epochs", type=int, default=1)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--workers", type=int, default=1)
parser.add_argument("--alpha", type=float, default=0.025)
args = parser.parse_args()

model = Word2Vec(
    vector_size=100, window=5, negative=args.negative, hs=args.hs, sample=1e-3, min_count=5, workers=args.workers,
    sg=args.sg, seed=args.seed, alpha=args.alpha, epochs=args.epochs,
)
model.build_vocab(corpus_file=args.corpus)
start = time.perf_counter()
_, raw_words = model.train(
    corpus_file=args.corpus, total_examples=model.corpus_count, total_words=model.corpus_total_words, epochs=args.epochs
)
seconds = time.perf_counter() - start
model.wv.save_word2vec_format(args.output, binary=True)
print(json.dumps({"version": __version__, "seconds": seconds, "words": raw_words, "wordsPerSecond": raw_words / seconds}))
