// Is a page in the language that the browser likes better?
import { describe, expect, test } from "vitest";
import { chooseLanguage } from "../../src/storefront/languages.ts";

describe("the language is", () => {
  test.each([
    [undefined, "en"],
    ["", "en"],
    ["*", "en"],
    ["de, fr;q=0.5", "en"],
    ["ru", "ru"],
    ["RU-ru", "ru"],
    ["ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"],
    ["en-US,en;q=0.9,ru;q=0.8", "en"],
    ["de,ru;q=0.3,en;q=0.2", "ru"],
    ["en;q=0.5, ru;q=0.7", "ru"],
    ["ru;q=0", "en"],
    ["ru;q=banana", "en"],
    ["rust", "en"],
  ])("for %j %j", (header, language) => expect(chooseLanguage(header)).toBe(language));
});

test("an absurdly long header is read quickly", () => {
  const began = performance.now();
  expect(chooseLanguage("ru;q=0.000".repeat(100_000))).toBe("en");
  expect(performance.now() - began).toBeLessThan(50);
});
