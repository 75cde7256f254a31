// Which characters may stand in an XML 1.0 document?

/** Everything outside https://www.w3.org/TR/xml/#charsets ; with the `u` flag a surrogate matches only when it is alone. */
const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** The text without the characters that XML 1.0 forbids: most control characters, lone surrogates, U+FFFE and U+FFFF. */
export function dropForbiddenCharacters(text: string): string {
  return text.replace(forbidden, "");
}
