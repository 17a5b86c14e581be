// Text to sentences: a line is a sentence, blanks part its tokens, as in word2vec.c and fastText.

import type { Sentence } from "./corpus.js";

/**
 * Splits a stream of UTF-8 into sentences, wherever the bytes are cut. A line longer than maxSentenceLength
 * tokens goes on as another sentence, and is never held whole. Invalid UTF-8 becomes U+FFFD.
 */
export async function* splitLines(
  bytes: AsyncIterable<Uint8Array>,
  maxSentenceLength: number,
): AsyncGenerator<Sentence[]> {
  const decoder = new TextDecoder();
  const splitter = new LineSplitter(maxSentenceLength);
  for await (const part of bytes) yield splitter.add(decoder.decode(part, { stream: true }));
  yield splitter.add(`${decoder.decode()}\n`);
}

/** Holds the token and the sentence that the last piece of text left unfinished. */
class LineSplitter {
  private token = "";
  private sentence: string[] = [];

  constructor(private readonly maxSentenceLength: number) {}

  add(text: string): Sentence[] {
    const sentences: Sentence[] = [];
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      // space, \t \n \v \f \r and NUL, the blanks of word2vec.c and fastText
      if (code > 32 || (code !== 32 && (code < 9 || code > 13) && code !== 0)) continue;
      if (i > start || this.token !== "") this.endToken(text.slice(start, i), sentences);
      start = i + 1;
      if (code === 10 && this.sentence.length > 0) this.endSentence(sentences);
    }
    this.token += text.slice(start);
    return sentences;
  }

  private endToken(rest: string, sentences: Sentence[]): void {
    this.sentence.push(this.token === "" ? rest : this.token + rest);
    this.token = "";
    if (this.sentence.length === this.maxSentenceLength) this.endSentence(sentences);
  }

  private endSentence(sentences: Sentence[]): void {
    sentences.push(this.sentence);
    this.sentence = [];
  }
}
