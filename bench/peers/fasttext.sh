#!/bin/sh
# Builds fastText as its own Makefile does, for the instructions of this machine: Debian's program runs on every machine, and takes twice
# as long with subwords and in the classifier. Needs a C++ compiler, make, and the sources of Debian's package (a "deb-src" line among the sources of apt).
# Usage: export FASTTEXT_PATH="$(sh bench/peers/fasttext.sh FOLDER)"
set -eu
mkdir -p "${1:?expected a folder to build in}"
cd "$1"
apt-get source --download-only fasttext >&2
tar xf fasttext_*.orig.tar.*
make -C fastText-* opt >&2
echo "$PWD"/fastText-*/fasttext
