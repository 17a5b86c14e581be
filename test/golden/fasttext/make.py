"""Makes the files beside it: models that fastText trains and quantizes, and what it says of them.

Usage: python3 make.py, in this folder. Made with fastText 0.9.2 (Debian 0.9.2+ds-1+b1). The models are the same each time.
"""

import random
import shutil
import subprocess
from pathlib import Path

draw = random.Random(1)

# texts of our own: words of every length of UTF-8, and one that is none
ANIMALS = ["cat", "dog", "horse", "mouse", "Bär", "猫", "🐈"]
PLACES = ["Zürich", "Paris", "東京", "river", "house", "garden", "niño"]
VERBS = ["sees", "finds", "eats", "leaves", "sat", "ran", "naïve"]
LINES = [f"{draw.choice(ANIMALS)} {draw.choice(VERBS)} the {draw.choice(PLACES)} of {draw.choice(ANIMALS)}" for _ in range(120)]
UNSEEN = ["cats", "mousehole", "Zürichs", "東京都", "🐈🐈", "x", "of", "</s>", "<", "thethe"]


def label(line: str) -> str:
    """One to three labels: who sees, what is done, and maybe a mark of long lines."""
    who, does, *_ = line.split()
    return " ".join([f"__label__{does}", *(["__label__big"] if who in ("horse", "Bär") else []), *(["__label__long"] if len(line) > 25 else [])])


def fasttext(*arguments, stdin=None):
    done = subprocess.run(["fasttext", *map(str, arguments)], input=stdin, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"fasttext {arguments}: {done.stderr.decode()}")
    return done.stdout


plain = "\n".join(LINES).encode() + b"\n" + b"caf\xe9 d\xa9j\xe0 vu\n" * 3
labelled = "\n".join(f"{label(line)} {line}" for line in LINES) + "\n"
many = "\n".join(f"__label__{i} word{i % 90} word{i * 7 % 90} of {i % 13}" for i in range(260)) + "\n"
for name, text in (("plain", plain), ("labelled", labelled.encode()), ("many", many.encode())):
    Path(f"{name}.tmp").write_bytes(text)
queries = b"\n".join([*dict.fromkeys(b" ".join([plain, " ".join(UNSEEN).encode()]).split())]) + b"\n"
Path("queries.txt").write_bytes(queries)
lines = [*LINES[:12], "cats and mousehole", "__label__animal the 🐈 , unheard of", "", "zzz"]
Path("lines.txt").write_text("\n".join(lines) + "\n")
Path("lines-many.txt").write_text("\n".join(f"word{i} word{3 * i % 90} of" for i in range(0, 90, 9)) + "\n")

SAME = ["-thread", 1, "-verbose", 0, "-minCount", 1]
MODELS = {
    "skipgram": ["skipgram", "plain", "-dim", 6, "-minn", 2, "-maxn", 4, "-bucket", 150, "-ws", 3, "-epoch", 3, "-t", 0.01],
    "cbow": ["cbow", "plain", "-dim", 5, "-maxn", 0, "-loss", "hs", "-epoch", 3],
    "softmax": ["supervised", "labelled", "-dim", 4, "-epoch", 20, "-lr", 0.5, "-loss", "softmax"],
    "hs": ["supervised", "labelled", "-dim", 4, "-epoch", 20, "-lr", 0.5, "-loss", "hs", "-minn", 2, "-maxn", 3, "-bucket", 120],
    "ova": ["supervised", "labelled", "-dim", 4, "-epoch", 20, "-lr", 0.5, "-loss", "ova", "-wordNgrams", 2, "-bucket", 100],
    "ns": ["supervised", "labelled", "-dim", 4, "-epoch", 20, "-lr", 0.5, "-loss", "ns", "-neg", 3],
    "ngrams": ["supervised", "labelled", "-dim", 5, "-epoch", 20, "-lr", 0.5, "-wordNgrams", 3, "-minn", 2, "-maxn", 3, "-bucket", 400],
    "many": ["supervised", "many", "-dim", 4, "-epoch", 60, "-lr", 0.8, "-wordNgrams", 2, "-bucket", 300],
}
for name, (command, text, *flags) in MODELS.items():
    fasttext(command, "-input", f"{text}.tmp", "-output", name, *flags, *SAME)

QUANTIZED = {
    "quantized": ("ngrams", []),
    "qnorm": ("ngrams", ["-qnorm"]),
    "cutoff": ("ngrams", ["-qnorm", "-cutoff", 270]),
    "qout": ("many", ["-qout", "-qnorm", "-dsub", 3]),
}
for name, (source, flags) in QUANTIZED.items():
    text = MODELS[source][1]
    shutil.copy(f"{source}.bin", f"{name}.bin")
    fasttext("quantize", "-input", f"{text}.tmp", "-output", name, *flags, "-thread", 1, "-verbose", 0)
    Path(f"{name}.bin").unlink()

for model in [*Path(".").glob("*.bin"), *Path(".").glob("*.ftz")]:
    Path(f"{model.stem}.vectors.txt").write_bytes(fasttext("print-word-vectors", model, stdin=queries))
    if model.stem not in ("skipgram", "cbow"):
        asked = "lines-many.txt" if model.stem in ("many", "qout") else "lines.txt"
        Path(f"{model.stem}.predicted.txt").write_bytes(fasttext("predict-prob", model, asked, -1))

for left in [*Path(".").glob("*.tmp"), *Path(".").glob("*.vec")]:
    left.unlink()
