#!/usr/bin/env bash
# gensim and fastText read our files, we read theirs, and both come to the same figures. Needs python3-gensim and fasttext.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Debian's gensim is of its own Python, which need not be the first on the PATH
for python in "${PYTHON_PATH:-python3}" /usr/bin/python3; do
  if "$python" -c 'import gensim' 2>/dev/null; then break; fi
done

node build/cli.js train demo/sample.txt.gz --output "$folder/ours.bin" --epochs 3 --quiet
for name in ours.txt ours.npy ours.safetensors ours.tsv ours.json; do node build/cli.js convert "$folder/ours.bin" "$folder/$name"; done
node build/cli.js convert "$folder/ours.bin" "$folder/ours.glove" --to glove
node build/cli.js convert "$folder/ours.bin" "$folder/ours-f16.safetensors" --to safetensors-f16
node build/cli.js convert "$folder/ours.bin" "$folder/ours-i8.safetensors" --to safetensors-i8

sets=(test/interop/pairs.tsv test/interop/analogies.txt)
shared=../shared/data/eval
if [ -d "$shared" ]; then
  sets+=("$shared/wordsim353.tsv" "$shared/questions-words.txt" "$shared/simlex999.txt" "$shared/questions-words.txt")
fi
"$python" test/interop/check.py "$folder" "${sets[@]}"

gunzip -c demo/sample.txt.gz > "$folder/sample.txt"
fasttext skipgram -input "$folder/sample.txt" -output "$folder/fasttext" -pretrainedVectors "$folder/ours.txt" \
  -dim 100 -epoch 1 -maxn 0 -minCount 5 -thread 1 -verbose 0
echo "fastText took ours.txt as -pretrainedVectors"
node test/interop/check.js "$folder"
