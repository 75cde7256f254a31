// In which language does a browser want its page: English or Russian?

export type Language = "en" | "ru";

/**
 * The better liked of the two by an `Accept-Language` header (RFC 9110, section 12.5.4); English when neither is named
 * or both are liked alike.
 */
export function chooseLanguage(header: string | undefined): Language {
  let best: { language: Language; quality: number } = { language: "en", quality: 0 };
  for (const range of (header ?? "").slice(0, 500).split(",")) {
    const match = /^\s*(en|ru)(?:-[a-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*$/i.exec(range);
    const quality = Number(match?.[2] ?? 1);
    if (match?.[1] && quality > best.quality)
      best = { language: match[1].toLowerCase() === "ru" ? "ru" : "en", quality };
  }
  return best.language;
}
